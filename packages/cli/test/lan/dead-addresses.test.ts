import { describe, expect, it } from 'vitest'
import { Lan } from './lan.ts'
import { allMet, LanScene } from './scene.ts'

const PORT = 4001
const listen = ['--listen', `/ip4/0.0.0.0/tcp/${PORT}`, `/ip6/::/tcp/${PORT}`]

describe.skipIf(!Lan.possible)('a peer with addresses that lead nowhere', () => {
  it('is met at the good one, behind ten that a gateway swallows', async () => {
    const scene = new LanScene()
    // the third is the gateway: it forwards nothing, and says so to nobody
    const [here, there] = ['10.78.0.1/24', '10.79.0.1/24', '10.78.0.254/24'].map(address => scene.lan.host(address))
    scene.lan.route(here!, '10.79.0.0/24')
    scene.lan.route(there!, '10.78.0.0/24')
    scene.lan.route(here!, 'default', '10.78.0.254')

    const target = scene.start(there!, 'target', '--no-mdns', ...listen)
    const { peerId } = await target.started()
    const at = (host: string): string => `/ip4/${host}/tcp/${PORT}/p2p/${peerId}`
    const dead = Array.from({ length: 10 }, (_, i) => at(`9.9.9.${i + 1}`))
    const nara = scene.start(here!, 'nara', '--no-mdns', ...listen, '--bootstrap', ...dead, at('10.79.0.1'))

    await nara.until('peer:connect', ({ peer }) => peer === peerId)
    expect(nara.events.filter(({ event }) => event === 'peer:unreachable')).toEqual([])
  }, 240_000)

  it('is met at a link-local address of IPv6, on the interface that its zone names', async () => {
    const scene = new LanScene()
    const [here, there] = ['fe80::1/64', 'fe80::2/64'].map(address => scene.lan.host(address))
    const target = scene.start(there!, 'target', '--no-mdns', ...listen)
    const { peerId, addresses } = await target.started()
    expect(addresses.filter(address => address.includes('fe80'))).toEqual([])

    const nara = scene.start(here!, 'nara', '--no-mdns', ...listen, '--bootstrap', `/ip6zone/eth0/ip6/fe80::2/tcp/${PORT}/p2p/${peerId}`)
    await allMet([nara, target])
  }, 240_000)
})
