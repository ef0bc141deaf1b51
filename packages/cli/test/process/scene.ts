import { createHash } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { NaraNetwork } from './nara-network.ts'
import type { NaraInit } from './nara-network.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

/** Holds nothing for anybody: others meet through it, and it tells what it has heard. */
export const HOLDS_NOTHING = ['--max-held', '0']

export interface Scene {
  network: NaraNetwork
  /** The meeting point: never killed, never a holder. */
  witness: NaraDaemon
  owner: NaraDaemon
  holders: NaraDaemon[]
  /** The owner's soul, outside of its folder. */
  soul: string
}

/** An owner whose stash as many as its target hold, and somebody who only watches. */
export async function scene (names: readonly string[], data: string | Uint8Array, { args = [], ...init }: NaraInit = {}): Promise<Scene> {
  const network = await NaraNetwork.open()
  const all = ['--target', String(names.length), '--repair-delay', '500ms', ...args]
  const [witness] = await network.startAll(['witness'], { args: HOLDS_NOTHING }) as [NaraDaemon]
  const holders = await network.startAll(names, { ...init, args: all })
  const [owner] = await network.startAll(['owner'], { ...init, args: all }) as [NaraDaemon]
  const soul = join(network.root, 'owner.soul')

  await copyFile(join(owner.dir, 'soul'), soul)
  expect(await owner.command(['put', '--timeout', '30s'], data)).toMatchObject({ code: 0 })
  await owner.status('--wait', `copies=${names.length}`)

  return { network, witness, owner, holders, soul }
}

/** The owner in an empty folder, with nothing but its soul. */
export function comeBack ({ network, soul }: Pick<Scene, 'network' | 'soul'>, args: readonly string[] = []): NaraDaemon {
  return network.start('owner', { args: ['--soul-file', soul, '--name', 'owner', ...args] })
}

export async function peerId (daemon: NaraDaemon): Promise<string> {
  return (await daemon.started()).peerId
}

/** SIGTERM: it leaves politely. Resolves with its exit code. */
export async function leave (daemon: NaraDaemon): Promise<number | null> {
  daemon.run.child.kill('SIGTERM')

  return (await daemon.run.done).code
}

/** Resolves once `daemon` has met `other`, or met it again. */
export async function met (daemon: NaraDaemon, other: NaraDaemon): Promise<void> {
  const id = await peerId(other)

  await daemon.until('peer:connect', ({ peer }) => peer === id)
}

export function sha256 (data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
