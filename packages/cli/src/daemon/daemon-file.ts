import { lstatSync, unlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { isMissing, readSmallFile } from '../files/read-small.ts'

/** DIR/run/daemon.json: how the other commands find the daemon. It may be left by a kill; then nobody answers. */
export interface DaemonFile {
  pid: number
  socket: string
  version: string
}

const MAX_DAEMON_FILE = 16 * 1024

export async function writeDaemonFile (path: string, daemon: DaemonFile): Promise<void> {
  await writeFileAtomic(path, JSON.stringify(daemon) + '\n', { mode: 0o600, fsync: false })
}

/**
 * Undefined if there is none, or not what a daemon writes.
 *
 * @throws {FileError} it cannot be looked at: it may be another user's
 */
export async function readDaemonFile (path: string): Promise<DaemonFile | undefined> {
  const text = await textOf(path)

  if (text == null) {
    return undefined
  }

  try {
    const { pid, socket, version } = JSON.parse(text) as Partial<DaemonFile>

    return typeof socket === 'string' ? { pid: Number(pid), socket, version: String(version) } : undefined
  } catch {
    return undefined
  }
}

async function textOf (path: string): Promise<string | undefined> {
  try {
    return (await readSmallFile(path, MAX_DAEMON_FILE)).text
  } catch (error) {
    if (isMissing(error)) {
      return undefined
    }

    throw error
  }
}

export async function removeDaemonFile (path: string): Promise<void> {
  await rm(path, { force: true })
}

/** Removes a socket that a daemon which was killed left behind. Only for who has the lock. Other files stay. */
export function clearSocket (path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) {
    unlinkSync(path)
  }
}
