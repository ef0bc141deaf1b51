import { describe, expect, it } from 'vitest'
import { Lan } from './lan.ts'
import { allMet, LanScene } from './scene.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

async function switchedOff (naras: readonly NaraDaemon[]): Promise<void> {
  await Promise.all(naras.map(async ({ run }) => {
    run.child.kill('SIGTERM')
    await run.done
  }))
}

/** Two LANs and a router between them, which lets no multicast through. */
describe.skipIf(!Lan.possible)('two houses', () => {
  it('find each other after both were switched off, though all machines but one have new addresses, whichever is switched on last', async () => {
    const scene = new LanScene()
    const other = scene.neighbour()
    const [alice, bob] = [scene.lan.host('10.78.0.1/24'), scene.lan.host('10.78.0.2/24')]
    const [carol, dave] = [other.host('10.79.0.1/24'), other.host('10.79.0.2/24')]
    scene.lan.join(other, '10.78.0.254/24', '10.79.0.254/24')
    ;[alice, bob].forEach(host => { scene.lan.route(host, '10.79.0.0/24', '10.78.0.254') })
    ;[carol, dave].forEach(host => { scene.lan.route(host, '10.78.0.0/24', '10.79.0.254') })

    const start = (host: string, name: string, ...args: string[]): NaraDaemon => scene.start(host, name, '--no-mdns', ...args)
    const first = start(alice, 'alice')
    const invitation = ['--bootstrap', (await first.started()).addresses[0]!]
    const naras = [first, start(bob, 'bob', ...invitation), start(carol, 'carol', ...invitation), start(dave, 'dave', ...invitation)]
    await allMet(naras)
    await switchedOff(naras)

    ;([[bob, 2], [carol, 1], [dave, 2]] as const).forEach(([host, n]) => {
      const net = host === bob ? '10.78.0' : '10.79.0'
      scene.lan.address(host, `${net}.${n}/24`, 'del')
      scene.lan.address(host, `${net}.${n + 100}/24`)
      scene.lan.route(host, host === bob ? '10.79.0.0/24' : '10.78.0.0/24', `${net}.254`)
    })

    // the one that is where it was comes last: to all others everybody is gone at first
    const again = [start(dave, 'dave'), start(carol, 'carol'), start(bob, 'bob')]
    await Promise.all(again.map(async nara => await nara.started()))
    expect((await again[0]!.status()).peers).toBe(0)
    await allMet([...again, start(alice, 'alice')])
  }, 240_000)
})
