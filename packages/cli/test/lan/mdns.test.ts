import { describe, expect, it } from 'vitest'
import { Lan } from './lan.ts'
import { allMet, LanScene } from './scene.ts'

/** What mDNS finds on which network is shown by packages/node/test/host/mdns/scenes.test.ts. */
describe.skipIf(!Lan.possible)('daemons on a network of link-local addresses of IPv6 alone', () => {
  it('meet, and say that mDNS works', async () => {
    const scene = new LanScene()
    const [alice, bob] = ['fe80::1/64', 'fe80::2/64'].map((address, i) => scene.start(scene.lan.host(address), `nara-${i}`))
    await allMet([alice!, bob!])

    const { address } = await alice!.until('peer:connect')
    expect(address).toMatch(/^fe80::/)
    expect((await alice!.status()).mdns).toEqual({ working: true, interfaces: [{ name: 'eth0', family: 'IPv6' }] })
  }, 90_000)
})
