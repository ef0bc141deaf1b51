import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startDaemon } from '../process/nara-network.ts'
import { Lan } from './lan.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

/** Daemons on hosts of a LAN; all of it is gone at the test's end. */
export class LanScene {
  readonly lan = new Lan()
  readonly folder = mkdtempSync(join(tmpdir(), 'nara-stash-lan-'))

  constructor () {
    // hooks run last in, first out: the daemons, registered later, are gone by then
    onTestFinished(() => {
      this.lan.remove()
      rmSync(this.folder, { recursive: true })
    })
  }

  /** Another LAN. */
  neighbour (): Lan {
    const lan = new Lan()

    onTestFinished(() => { lan.remove() })

    return lan
  }

  /** Starts a nara on a host; does not wait for it. What had this name before is its earlier life. */
  start (host: string, name: string, ...args: string[]): NaraDaemon {
    return startDaemon(join(this.folder, name), ['--name', name, ...args], { wrapper: this.lan.on(host) })
  }
}

/** Each of these has met all others. */
export async function allMet (naras: readonly NaraDaemon[]): Promise<void> {
  const started = await Promise.all(naras.map(async nara => await nara.started()))

  await Promise.all(naras.map(async (nara, i) => {
    await Promise.all(started.flatMap(({ peerId }, j) => i === j ? [] : [nara.until('peer:connect', ({ peer }) => peer === peerId)]))
  }))
}
