import { concat } from 'uint8arrays/concat'
import { readAt } from './file-system.ts'
import type { OpenFile } from './file-system.ts'

/**
 * The files of a folder of held stashes, and what is in them:
 *
 * - `OWNER.REVISION.stash`: the length of the entry in four bytes, the entry, the body. Each is made under its owner's next revision.
 * - `OWNER.REVISION.note`: the same without a body, which is the one in the stash of the same record: its placement changed, for one.
 * - `clock`: the last stamp.
 * - `format`: the version of all this.
 * - NAME`.part`: on its way to be NAME; it counts for nothing.
 * - NAME`.damaged`: it was NAME, and did not hold what it should.
 */
const COUNTING = /^([1-9A-HJ-NP-Za-km-z]{1,64})\.([1-9]\d{0,14})\.(stash|note)$/

const LENGTH_BYTES = 4

/** An entry has signed envelopes of 10 KiB at most, in base64, and some peer ids; more is damage. Bytes. */
export const MAX_HEAD_BYTES = 64 * 1024

/** Two envelopes of full size and what is noted beside them; most entries have a tenth of it. Bytes. */
const ENTRY_ALLOWANCE = 16 * 1024

/** Nearly every file system gives room in units of this. Bytes. */
const BLOCK = 4096

/** Bytes of the disk that a body takes, and what is noted with it. A tombstone, which has none, comes with two short envelopes. */
export function roomOf (bodyLength: number): number {
  return bodyLength === 0 ? BLOCK : blocksOf(bodyLength) + ENTRY_ALLOWANCE
}

/** Bytes of the disk that a file of this size takes. */
export function blocksOf (size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

export interface CountingFile {
  name: string
  owner: string
  revision: number
  kind: 'stash' | 'note'
}

export function fileOf (owner: string, revision: number, kind: CountingFile['kind']): CountingFile {
  return { name: `${owner}.${revision}.${kind}`, owner, revision, kind }
}

/** Undefined for a name that this layout does not make. */
export function parseName (name: string): CountingFile | undefined {
  const [, owner, revision, kind] = COUNTING.exec(name) ?? []

  return owner == null ? undefined : { name, owner, revision: Number(revision), kind: kind as CountingFile['kind'] }
}

/** The owner of a file that was set aside. */
export function parseDamaged (name: string): string | undefined {
  return name.endsWith(DAMAGED) ? parseName(name.slice(0, -DAMAGED.length))?.owner : undefined
}

export const CLOCK_FILE = 'clock'
export const FORMAT_FILE = 'format'
export const PART = '.part'
/** Made and removed to see whether that can be done. */
export const PROBE_FILE = `probe${PART}`
export const DAMAGED = '.damaged'

/** Whether it is the name of a file that was on its way to one of this layout. Whatever else ends so is somebody else's. */
export function isPart (name: string): boolean {
  return [CLOCK_FILE + PART, FORMAT_FILE + PART, PROBE_FILE].includes(name) || (name.endsWith(PART) && parseName(name.slice(0, -PART.length)) != null)
}

/** What stands before the body. */
export function headOf (entry: Uint8Array): Uint8Array {
  const length = new Uint8Array(LENGTH_BYTES)
  new DataView(length.buffer).setUint32(0, entry.byteLength)

  return concat([length, entry])
}

/** Where the body begins in a file of this size that begins with these bytes, or undefined if nowhere. */
export function bodyStart (head: Uint8Array, size: number): number | undefined {
  const { buffer, byteOffset, byteLength } = head
  const start = LENGTH_BYTES + (byteLength < LENGTH_BYTES ? 0 : new DataView(buffer, byteOffset).getUint32(0))

  return start > MAX_HEAD_BYTES || start > size ? undefined : start
}

/** @param start - what `bodyStart` says */
export function entryIn (head: Uint8Array, start: number): Uint8Array {
  return head.subarray(LENGTH_BYTES, start)
}

/** The bytes of a stash's body, or what is there of them. */
export async function readBody (file: OpenFile, bodyLength: number): Promise<Uint8Array> {
  const start = bodyStart(await readAt(file, 0, LENGTH_BYTES), Infinity)

  return start == null ? new Uint8Array(0) : await readAt(file, start, bodyLength)
}
