import { systemClock } from '@nara-stash/protocol'
import { FileStashStore } from '@nara-stash/protocol/file-store'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './household.ts'

/** What one machine has on its disk of one owner. */
interface Kept {
  on: number
  owner: string
  seq: number
  direct: boolean
  /** Of its placement: the end of its version, and the holders. */
  version: number
  holders: readonly string[]
}

/** What is on the disks of a household while all are off: why a morning went wrong is mostly seen there. */
export async function whatIsKept (machines: readonly Machine[]): Promise<Kept[]> {
  return (await Promise.all(machines.map(async ({ daemon: { dir } }, on) => await readHeld(join(dir, 'held'), on)))).flat()
}

/** To look into a folder changes it, so a copy is looked into. */
async function readHeld (held: string, on: number): Promise<Kept[]> {
  if (!existsSync(held)) {
    return []
  }

  const path = `${held}-in-the-night`
  cpSync(held, path, { recursive: true })
  const store = new FileStashStore({ path, clock: systemClock })

  try {
    await store.open()
    const { stashes } = await store.load()

    return stashes.map(({ record: { owner, seq }, placement: { version, holders }, direct }) => ({ on, owner, seq, direct, version, holders }))
  } finally {
    await store.close()
    rmSync(path, { recursive: true, force: true })
  }
}

/** Of one owner, in the words of the script: machines are numbers. */
export function keptText (kept: readonly Kept[], owner: string, peers: readonly string[]): string {
  return kept.filter(copy => copy.owner === owner)
    .map(({ on, seq, direct, version, holders }) => `${on} had #${seq}${direct ? '' : ' from others'}, placed with ${holders.map(peer => peers.indexOf(peer)).join(' ')} (${String(version).slice(-6)})`)
    .join('; ')
}
