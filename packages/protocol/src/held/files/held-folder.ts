import { dirname, join } from 'node:path'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { isFull } from '../is-full.ts'
import { HeldFolderError, folderError } from './folder-error.ts'
import { codeOf, readAt, writeWhole } from './file-system.ts'
import { FolderSync } from './folder-sync.ts'
import { FORMAT_FILE, PART, PROBE_FILE } from './stash-file.ts'
import type { FileSystem, OpenFile } from './file-system.ts'
import type { Lock } from './folder-lock.ts'

/** The form of the folder and of its files. One that is higher is refused. */
const FORMAT = 1
const FORMAT_TEXT = /^nara stash held ([1-9]\d{0,8})\n$/
const LOCK_FILE = 'lock'

/** What may be in a folder that is not in use yet: a start was cut short, or the folder is a whole file system. */
const BEGUN: readonly string[] = [LOCK_FILE, PROBE_FILE, `${FORMAT_FILE}${PART}`, 'lost+found']

/** What a file system answers that syncs no folders. */
const NO_FOLDER_SYNC: readonly unknown[] = ['EINVAL', 'ENOTSUP', 'ENOSYS']

const mebibyte = 1024 * 1024

/** Share of the disk that is left free, and the most that it is: what ext4 keeps for root, and more than a household misses for a while. */
const KEEP_FREE_SHARE = 1 / 20
const MOST_KEPT_FREE = 1024 * mebibyte

const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600

export interface HeldFolderInit {
  path: string
  fs: FileSystem
  takeLock (path: string): Lock
}

/** A folder that one nara uses at a time, and whose files are written aside, synced, and then renamed. */
export class HeldFolder {
  readonly path: string
  private readonly fs: FileSystem
  private readonly handle: OpenFile
  private readonly identity: string
  private readonly lock: Lock
  private readonly sync: FolderSync

  private constructor (path: string, { fs, handle, identity, lock }: { fs: FileSystem, handle: OpenFile, identity: string, lock: Lock }) {
    this.path = path
    this.fs = fs
    this.handle = handle
    this.identity = identity
    this.lock = lock
    this.sync = new FolderSync(async () => {
      await syncFolder(handle)
      // what was written went by the name
      await this.checkThere()
    })
  }

  /**
   * Makes the folder if it is not there, and takes it into use.
   *
   * @throws {HeldFolderError} it cannot be used; nothing in it was changed
   */
  static async open ({ path, fs, takeLock }: HeldFolderInit): Promise<HeldFolder> {
    let handle: OpenFile | undefined
    let lock: Lock | undefined

    try {
      await makeFolder(path, fs)
      const isNew = await checkFormat(path, fs)
      await checkWritable(path, fs)
      handle = await fs.open(path, 'r')
      lock = takeLock(join(path, LOCK_FILE))
      const folder = new HeldFolder(path, { fs, handle, identity: await identityOf(handle), lock })

      if (isNew) {
        await folder.write(FORMAT_FILE, [fromString(`nara stash held ${FORMAT}\n`)])
      }

      // also if it is not new: a start that was cut short may have left that to this one
      await folder.settle()
      await syncAbove(path, fs)

      return folder
    } catch (err) {
      lock?.release()
      await handle?.close().catch(() => {})
      throw folderError(path, err)
    }
  }

  async names (): Promise<string[]> {
    return await this.fs.readdir(this.path)
  }

  /**
   * Files are found by the folder's name, and that may come to be another one's: its disk is not mounted any more, or somebody moved it.
   *
   * @throws {HeldFolderError} so it is, which says nothing of what is kept
   */
  async checkThere (): Promise<void> {
    const identity = await this.fs.open(this.path, 'r').then(async folder => {
      try {
        return await identityOf(folder)
      } finally {
        await folder.close()
      }
    }, (err: unknown) => { if (codeOf(err) !== 'ENOENT') { throw err } })

    if (identity !== this.identity) {
      throw new HeldFolderError(this.path, 'its disk is not mounted any more, or it was moved', 'bring it back; if that does not help, start anew')
    }
  }

  /** Runs `task` with a file, or returns undefined if there is none of that name. */
  async read <T> (name: string, task: (file: OpenFile) => Promise<T>): Promise<T | undefined> {
    let file

    try {
      file = await this.fs.open(join(this.path, name), 'r')
    } catch (err) {
      if (codeOf(err) === 'ENOENT') {
        await this.checkThere()

        return
      }

      throw err
    }

    try {
      return await task(file)
    } finally {
      await file.close()
    }
  }

  /** A small file, or undefined if there is none of that name. */
  async readWhole (name: string): Promise<Uint8Array | undefined> {
    return await this.read(name, async file => await readAt(file, 0, (await file.stat()).size))
  }

  /**
   * Writes a file aside and, once the disk has it, gives it its name. Until the folder is settled a crash may take the name back. If it fails, nothing
   * has that name that had it not before.
   */
  async write (name: string, parts: readonly Uint8Array[]): Promise<void> {
    const aside = join(this.path, name + PART)

    await this.checkThere()

    try {
      const file = await this.fs.open(aside, 'w', PRIVATE_FILE)

      try {
        for (const part of parts) {
          await writeWhole(file, part)
        }

        await file.sync()
      } finally {
        // some systems tell only here that there was no room
        await file.close()
      }

      await this.fs.rename(aside, join(this.path, name))
    } catch (err) {
      await this.fs.unlink(aside).catch(() => { /* it counts for nothing, and goes with the next write or start */ })
      throw err
    }
  }

  async rename (from: string, to: string): Promise<void> {
    await this.checkThere()
    await this.fs.rename(join(this.path, from), join(this.path, to))
  }

  /** @returns false if there is no such file */
  async remove (name: string): Promise<boolean> {
    await this.checkThere()

    try {
      await this.fs.unlink(join(this.path, name))

      return true
    } catch (err) {
      if (codeOf(err) === 'ENOENT') {
        return false
      }

      throw err
    }
  }

  /** Resolves once what was written and removed until now is so on the disk. */
  async settle (): Promise<void> {
    await this.sync.settle()
  }

  /**
   * Bytes that can be taken of the disk before what is left is what is to stay free; below 0 if that is taken already. Some file
   * systems do not tell how large they are: what fits there shows when it is written.
   */
  async room (keepFree?: number): Promise<number> {
    const { bsize, blocks, bavail } = await this.fs.statfs(this.path)

    return blocks === 0 ? Infinity : bavail * bsize - (keepFree ?? Math.min(blocks * bsize * KEEP_FREE_SHARE, MOST_KEPT_FREE))
  }

  async close (): Promise<void> {
    this.lock.release()
    await this.handle.close()
  }
}

async function identityOf (folder: OpenFile): Promise<string> {
  const { dev, ino } = await folder.stat()

  return `${dev ?? ''} ${ino ?? ''}`
}

async function makeFolder (path: string, fs: FileSystem): Promise<void> {
  try {
    // not with `recursive`: where none can be made, in /proc for one, Node would try for ever
    await fs.mkdir(path, { recursive: false, mode: PRIVATE_FOLDER })
  } catch (err) {
    // a file system that takes nothing may say so before it says that the folder is there
    if (!await isFolder(path, fs)) {
      throw err
    }
  }
}

async function isFolder (path: string, fs: FileSystem): Promise<boolean> {
  return await fs.readdir(path).then(() => true, err => codeOf(err) !== 'ENOENT' && codeOf(err) !== 'ENOTDIR')
}

/** @returns true if nothing is kept there yet */
async function checkFormat (path: string, fs: FileSystem): Promise<boolean> {
  const names = await fs.readdir(path)

  if (!names.includes(FORMAT_FILE)) {
    const foreign = names.find(name => !BEGUN.includes(name))

    if (foreign != null) {
      throw new HeldFolderError(path, `it has files in it that are no held stashes, "${foreign}" for one`, 'choose a folder that is empty, or not there yet')
    }

    return true
  }

  const version = await formatOf(path, fs)

  if (version == null) {
    throw new HeldFolderError(path, `its file "${FORMAT_FILE}" does not tell how it is kept`, 'choose another folder, or move this one away')
  }

  if (version > FORMAT) {
    throw new HeldFolderError(
      path, `a newer version keeps it, in form ${version}, and this one knows form ${FORMAT}`, 'run the version that kept it, or choose another folder'
    )
  }

  return false
}

async function formatOf (path: string, fs: FileSystem): Promise<number | undefined> {
  const file = await fs.open(join(path, FORMAT_FILE), 'r')

  try {
    const [, version] = FORMAT_TEXT.exec(toString(await readAt(file, 0, 64))) ?? []

    return version == null ? undefined : Number(version)
  } finally {
    await file.close()
  }
}

/** The reasons of a lock that cannot be taken are SQLite's, and say less than the system's. A full disk is none: what is there can be served. */
async function checkWritable (path: string, fs: FileSystem): Promise<void> {
  const probe = join(path, PROBE_FILE)

  try {
    await (await fs.open(probe, 'w', PRIVATE_FILE)).close()
    await fs.unlink(probe)
  } catch (err) {
    // another process that probes at this moment may have removed it
    if (!isFull(err) && codeOf(err) !== 'ENOENT') {
      throw err
    }
  }
}

/** So that a crash does not take back the folder itself. A folder that others made may be in one that cannot be read. */
async function syncAbove (path: string, fs: FileSystem): Promise<void> {
  const above = await fs.open(dirname(path), 'r').catch((err: unknown) => {
    if (codeOf(err) !== 'EACCES') {
      throw err
    }
  })

  if (above != null) {
    await syncFolder(above).finally(async () => { await above.close() })
  }
}

/** Some file systems sync no folders, and have nothing better: there a crash may take back what was renamed last. */
async function syncFolder (folder: OpenFile): Promise<void> {
  try {
    await folder.sync()
  } catch (err) {
    if (!NO_FOLDER_SYNC.includes(codeOf(err))) {
      throw err
    }
  }
}
