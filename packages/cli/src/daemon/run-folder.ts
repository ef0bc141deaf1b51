import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileError } from '../cli/errors.ts'
import { makeFolder } from '../files/make-folder.ts'
import { fileError } from '../files/read-small.ts'
import { printable } from '../text/printable.ts'
import type { Io } from '../cli/io.ts'

/** Bytes of a Unix socket's path: `sun_path` has 104 on macOS and 108 on Linux, with the zero at its end. */
const MAX_SOCKET_PATH = 103

/** What a running daemon keeps in its folder. All of it may be left by a kill; none of it is worth keeping. */
export interface RunFolder {
  /** DIR/run, mode 0700. */
  path: string
  lock: string
  /** Who runs here, for the other commands. */
  daemon: string
}

export function runFolder (dir: string): RunFolder {
  const path = join(dir, 'run')

  return { path, lock: join(path, 'lock'), daemon: join(path, 'daemon.json') }
}

/**
 * Makes DIR (0700 if it is not there; one that is there stays as it is) and DIR/run (0700 in any case).
 *
 * @throws {FileError}
 */
export async function makeRunFolder (dir: string): Promise<RunFolder> {
  const folder = runFolder(dir)

  await makeFolder(folder.path)

  try {
    await chmod(folder.path, 0o700)
  } catch (error) {
    throw fileError('make private the folder', folder.path, error)
  }

  return folder
}

/** Where the socket is if that is not too long for one. */
export async function usualSocket (dir: string): Promise<string> {
  return join(runFolder(await realpath(dir)).path, 'api.sock')
}

/**
 * The path of the daemon's socket: in DIR/run, or, if that is too long for a socket, in a private folder below
 * XDG_RUNTIME_DIR or the folder for temporary files, under a name that follows from DIR. That folder exists afterwards.
 *
 * @throws {FileError} the private folder is somebody else's
 */
export async function makeSocketPath (dir: string, env: Io['env']): Promise<string> {
  const real = await realpath(dir)
  const preferred = await usualSocket(dir)

  if (fits(preferred)) {
    return preferred
  }

  const file = createHash('sha256').update(real).digest('hex').slice(0, 16) + '.sock'
  const user = `nara-stash-${process.getuid?.() ?? 'user'}`
  const places = [env.XDG_RUNTIME_DIR, tmpdir(), '/tmp'].filter(place => place?.startsWith('/') === true)
  const place = places.find(candidate => fits(join(candidate ?? '', user, file))) ?? '/tmp'

  await makePrivateFolder(join(place, user))

  return join(place, user, file)
}

async function makePrivateFolder (path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw fileError('make the folder', path, error)
    }
  }

  // in a place that everybody can write to somebody else may have made it first
  const stats = await lstat(path)
  const own = process.getuid == null || stats.uid === process.getuid()

  if (!stats.isDirectory() || !own || (stats.mode & 0o077) !== 0) {
    throw new FileError(`${printable(path)} is not a folder that only you can use`, {
      hint: 'remove it, or choose a shorter path for --dir'
    })
  }
}

function fits (path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH
}
