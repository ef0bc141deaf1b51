import { existsSync, lstatSync, unlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { fileError, isMissing, readSmallFile } from '../files/read-small.ts'
import { runFolder, usualSocket } from './run-folder.ts'

/** DIR/run/daemon.json: how the other commands find a daemon whose socket is elsewhere. It may be left by a kill; then nobody answers. */
export interface DaemonFile {
  pid: number
  socket: string
  version: string
}

const MAX_DAEMON_FILE = 16 * 1024

/**
 * A daemon whose socket is where commands look anyway goes on without it, on a full disk for instance.
 *
 * @param say - is told so
 * @throws {FileError} nobody would find it
 */
export async function writeDaemonFile (dir: string, daemon: DaemonFile, say: (note: string) => void): Promise<void> {
  const path = runFolder(dir).daemon

  try {
    await writeFileAtomic(path, JSON.stringify(daemon) + '\n', { mode: 0o600, fsync: false })
  } catch (error) {
    const failure = fileError('write', path, error)

    if (await usualSocket(dir) !== daemon.socket) {
      throw failure
    }

    say(failure.message)
    // it is of one that was killed
    await removeDaemonFile(path)
  }
}

/**
 * The path of the socket to the daemon of a folder, if one runs.
 *
 * @throws {FileError} it cannot be looked at: it may be another user's
 */
export async function socketPath (dir: string): Promise<string | undefined> {
  const daemon = await readDaemonFile(runFolder(dir).daemon)

  if (daemon != null) {
    return daemon.socket
  }

  const usual = await usualSocket(dir).catch(() => '')

  return existsSync(usual) ? usual : undefined
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
