/** As much of `node:fs/promises` as is needed. */
export interface FileSystem {
  mkdir (path: string, options: { recursive: boolean, mode: number }): Promise<string | undefined>
  readdir (path: string): Promise<string[]>
  open (path: string, flags: string, mode?: number): Promise<OpenFile>
  rename (from: string, to: string): Promise<void>
  unlink (path: string): Promise<void>
  statfs (path: string): Promise<{ bsize: number, blocks: number, bavail: number }>
}

export interface OpenFile {
  read (into: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>
  write (bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>
  /** `dev` and `ino` tell one file or folder from all others. */
  stat (): Promise<{ size: number, mtimeMs?: number, dev?: number, ino?: number }>
  sync (): Promise<void>
  close (): Promise<void>
}

/** The code of a system error, `ENOSPC` for one, if it is one. */
export function codeOf (err: unknown): string | undefined {
  const { code } = (err ?? {}) as { code?: unknown }

  return typeof code === 'string' ? code : undefined
}

/** EBADMSG and EUCLEAN, by which a Linux file system says that it is damaged there, have no name in Node. */
const UNREADABLE: readonly unknown[] = ['EIO', 'EISDIR', 'Unknown system error -74', 'Unknown system error -117']

/** A file cannot be read, which may pass, and says nothing of the others. */
export function isUnreadable (err: unknown): boolean {
  return UNREADABLE.includes(codeOf(err))
}

/** Reads `length` bytes from `position`, or fewer if the file ends before. */
export async function readAt (file: OpenFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let read = 0

  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read)

    if (bytesRead === 0) {
      return bytes.subarray(0, read)
    }

    read += bytesRead
  }

  return bytes
}

/** Writes all of it at the file's end: a system may take less at a time. */
export async function writeWhole (file: OpenFile, bytes: Uint8Array): Promise<void> {
  let written = 0

  while (written < bytes.byteLength) {
    written += (await file.write(bytes, written, bytes.byteLength - written)).bytesWritten
  }
}
