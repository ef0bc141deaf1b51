import { describe, expect, it } from 'vitest'
import { Lan } from './lan.ts'
import { allMet, LanScene } from './scene.ts'

const listen = ['--no-mdns', '--listen', '/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001']

/** What a peer is told of where another is: the places, without the peer id. */
const places = (addresses: readonly string[]): string[] => addresses.map(address => address.replace(/\/p2p\/.*/, '')).toSorted()

describe.skipIf(!Lan.possible)('hosts with public addresses', () => {
  it('are told of to all, so that those with one bootstrap peer in common meet, and a put is 3 of 3', async () => {
    const scene = new LanScene()
    const hosts = [1, 2, 3, 4].map(n => scene.lan.host(`8.8.9.${n}/24`, `2a01:4f8:1:1::${n}/64`))
    const first = scene.start(hosts[0]!, 'first', ...listen)
    const { addresses } = await first.started()
    expect(places(addresses)).toEqual(['/ip4/8.8.9.1/tcp/4001', '/ip6/2a01:4f8:1:1::1/tcp/4001'])

    const others = ['second', 'third', 'fourth'].map((name, i) => scene.start(hosts[i + 1]!, name, ...listen, '--bootstrap', addresses[0]!))
    await allMet([first, ...others])

    expect(await others[2]!.command(['put', '--timeout', '30s'], 'what is kept')).toMatchObject({ code: 0 })
    expect((await others[2]!.status('--wait', 'copies=3', '--timeout', '30s')).copies).toMatchObject({ have: 3, target: 3 })
  }, 240_000)

  it('follow their interfaces: an address that comes is told at once, one that goes is told no more', async () => {
    const scene = new LanScene()
    const [here, there] = [1, 2].map(n => scene.lan.host(`8.8.9.${n}/24`))
    const first = scene.start(here!, 'first', ...listen)
    const { addresses, peerId } = await first.started()
    const second = scene.start(there!, 'second', ...listen, '--bootstrap', addresses[0]!)
    await allMet([first, second])

    scene.lan.address(here!, '8.8.10.1/24')
    await second.until('presence', ({ peer, kind }) => peer === peerId && kind === 'here')
    expect(places((await first.status()).addresses)).toEqual(['/ip4/8.8.10.1/tcp/4001', '/ip4/8.8.9.1/tcp/4001'])

    scene.lan.address(here!, '8.8.9.1/24', 'del')
    expect(places((await first.status()).addresses)).toEqual(['/ip4/8.8.10.1/tcp/4001'])
  }, 240_000)

  it('tell of what only their user knows with --announce', async () => {
    const scene = new LanScene()
    const nara = scene.start(scene.lan.host('8.8.9.1/24'), 'nara', ...listen, '--announce', '/dns4/nara.example.org/tcp/4001', '/ip4/8.8.4.4/tcp/7')

    expect(places((await nara.started()).addresses)).toEqual(['/dns4/nara.example.org/tcp/4001', '/ip4/8.8.4.4/tcp/7', '/ip4/8.8.9.1/tcp/4001'])
  }, 240_000)
})
