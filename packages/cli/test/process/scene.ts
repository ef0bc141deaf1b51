import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'
import { NaraNetwork } from './nara-network.ts'
import type { NaraDaemon } from '../support/nara-process.ts'
import type { Doubt } from '@nara-stash/node'

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

export interface SceneInit {
  args?: readonly string[]
}

/** An owner whose stash as many as its target hold, and somebody who only watches. */
export async function scene (names: readonly string[], data: string | Uint8Array, { args = [] }: SceneInit = {}): Promise<Scene> {
  const network = await NaraNetwork.open()
  const all = ['--target', String(names.length), '--repair-delay', '500ms', ...args]
  const [witness] = await network.startAll(['witness'], { args: HOLDS_NOTHING }) as [NaraDaemon]
  const holders = (await Promise.all(names.map(async name => await network.startAll([name], { args: all })))).flat()
  const [owner] = await network.startAll(['owner'], { args: all }) as [NaraDaemon]
  const soul = join(network.root, 'owner.soul')

  await copyFile(join(owner.dir, 'soul'), soul)
  expect(await owner.command(['put', '--timeout', '30s'], data)).toMatchObject({ code: 0 })
  await owner.status('--wait', `copies=${names.length}`)

  return { network, witness, owner, holders, soul }
}

/** Forgets with its end what it holds. */
export const IN_MEMORY = ['--held', 'memory']

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

/** When `daemon` met `other` first, or first after `since`, as `performance.now()` tells it. Resolves once it has. */
export async function metSince (daemon: NaraDaemon, other: NaraDaemon, since = -Infinity): Promise<number> {
  const id = await peerId(other)

  return daemon.heardAt(await daemon.until('peer:connect', event => event.peer === id && daemon.heardAt(event) > since))
}

/** Resolves once `daemon` has heard `other` say something by gossip: what else it says finds its way, too. */
export async function heard (daemon: NaraDaemon, other: NaraDaemon): Promise<void> {
  const id = await peerId(other)

  await daemon.until('presence', ({ peer }) => peer === id)
}

/** Resolves once there is such a file. */
export async function written (path: string): Promise<void> {
  while (!existsSync(path)) {
    await setImmediate()
  }
}

/** What `recover --json` prints in doubt. */
export interface Told {
  error: { name: string }
  doubt: Doubt
  setAside: Array<{ id: string }>
}

/** What a command prints as JSON, however it ends. */
export async function json<T> (daemon: NaraDaemon, ...args: string[]): Promise<{ code: number | null, answer: T }> {
  const { code, stdout } = await daemon.command([...args, '--json'])

  return { code, answer: JSON.parse(stdout.toString()) as T }
}
