import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startDaemon } from '../process/nara-network.ts'
import { Lan } from './lan.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

/** Real daemons on hosts of their own, found by mDNS. Several hosts on one machine: network namespaces. */
describe.skipIf(!Lan.possible)('on a LAN', () => {
  let lan: Lan
  let folder: string

  /** Hooks run last in, first out: the daemons, registered later, are gone before what they use. */
  function setUp (): void {
    lan = new Lan()
    folder = mkdtempSync(join(tmpdir(), 'nara-stash-lan-'))
    onTestFinished(() => {
      lan.remove()
      rmSync(folder, { recursive: true })
    })
  }

  function start (host: string, name: string, ...args: string[]): NaraDaemon {
    return startDaemon(join(folder, name), ['--name', name.split('-')[0]!, ...args], { wrapper: lan.on(host) })
  }

  function content (bytes: number): { file: string, sha256: string } {
    const file = join(folder, 'content')
    const data = randomBytes(bytes)
    writeFileSync(file, data)

    return { file, sha256: createHash('sha256').update(data).digest('hex') }
  }

  async function keptBy3 (): Promise<{ owner: NaraDaemon, soul: string, sha256: string, hosts: string[], confidants: NaraDaemon[] }> {
    setUp()

    const hosts = [1, 2, 3, 4].map(() => lan.host())
    const confidants = ['bob', 'carol', 'dave'].map((name, i) => start(hosts[i]!, name))
    const owner = start(hosts[3]!, 'alice')
    await Promise.all([owner, ...confidants].map(async nara => await nara.started()))
    const { file, sha256 } = content(100_000)

    expect(await owner.command(['put', file, '--timeout', '30s'])).toMatchObject({ code: 0 })
    await owner.status('--wait', 'copies=3', '--timeout', '30s')
    const soul = join(folder, 'soul')
    copyFileSync(join(owner.dir, 'soul'), soul)

    return { owner, soul, sha256, hosts, confidants }
  }

  it('naras meet by mDNS, and a stash comes back on another host', async () => {
    const { owner, soul, sha256 } = await keptBy3()
    expect((await owner.status()).confidants).toHaveLength(3)

    await owner.kill()
    const back = start(lan.host(), 'alice-again', '--soul-file', soul)
    const recovered = await back.until('stash:recovered')

    expect(recovered).toMatchObject({ confirmed: true, bytes: 100_000 })
    expect(createHash('sha256').update((await back.command(['get'])).stdout).digest('hex')).toBe(sha256)
  }, 90_000)

  it('an owner whose power was cut is served although its old connections still linger', async () => {
    const { owner, soul, sha256, hosts, confidants } = await keptBy3()
    const { peerId } = await owner.status()

    // no FIN, no RST: to the confidants the old connections look alive
    lan.unplug(hosts[3]!)
    await owner.kill()
    const gone = (nara: NaraDaemon): boolean => nara.events.some(event => event.event === 'peer:disconnect' && event.peer === peerId)
    expect(confidants.some(gone)).toBe(false)

    const back = start(lan.host(), 'alice-again', '--soul-file', soul)
    await back.until('stash:recovered')

    expect(confidants.every(gone)).toBe(false)
    expect(createHash('sha256').update((await back.command(['get'])).stdout).digest('hex')).toBe(sha256)
  }, 90_000)

  it('a host that was unplugged for a while is missed within a minute, and connected again', async () => {
    const { hosts, confidants, owner } = await keptBy3()
    const bob = confidants[0]!
    const { peerId } = await bob.status()

    lan.unplug(hosts[0]!)
    const unplugged = performance.now()
    const { bytes } = lan.traffic(hosts[1]!)
    const missed = await owner.until('peer:disconnect', ({ peer }) => peer === peerId)
    const waited = owner.heardAt(missed) - unplugged
    expect(waited).toBeLessThan(60_000)
    // meanwhile the others are idle, if young: hey-there, questions of mDNS, and what is sent to the lost host again and
    // again, which the switch passes on to all. A body that moved would show (`pnpm quiet` measures older ones)
    expect((lan.traffic(hosts[1]!).bytes - bytes) / waited * 60_000).toBeLessThan(160_000)
    const before = owner.events.length
    lan.plug(hosts[0]!)
    await owner.until('peer:connect', line => line.peer === peerId && owner.events.indexOf(line) >= before)
    await owner.status('--wait', 'copies=3', '--timeout', '60s')
  }, 180_000)
})
