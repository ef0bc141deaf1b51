/**
 * A protobuf reader of a few lines, written from SPEC.md alone: what the package's own codec would read wrongly in both directions, this one
 * would not.
 */

export type PlainValue = bigint | Uint8Array

/** By field number, the values in their order. */
export type PlainMessage = Map<number, PlainValue[]>

interface Cursor {
  bytes: Uint8Array
  at: number
}

export function readMessage (bytes: Uint8Array): PlainMessage {
  const cursor = { bytes, at: 0 }
  const fields: PlainMessage = new Map()

  while (cursor.at < bytes.byteLength) {
    const tag = Number(readVarint(cursor))
    const value = (tag & 7) === 0 ? readVarint(cursor) : (tag & 7) === 2 ? take(cursor, Number(readVarint(cursor))) : undefined

    if (value == null) {
      throw new Error(`wire type ${tag & 7} does not occur in this protocol`)
    }

    fields.set(tag >> 3, [...fields.get(tag >> 3) ?? [], value])
  }

  return fields
}

/** Splits what one side wrote into its frames. */
export function readFrames (bytes: Uint8Array): Uint8Array[] {
  const cursor = { bytes, at: 0 }
  const frames: Uint8Array[] = []

  while (cursor.at < bytes.byteLength) {
    frames.push(take(cursor, Number(readVarint(cursor))))
  }

  return frames
}

export function readVarint (cursor: Cursor): bigint {
  let value = 0n

  for (let shift = 0n; ; shift += 7n) {
    const byte = cursor.bytes[cursor.at++]

    if (byte == null) {
      throw new Error('the bytes end within a varint')
    }

    value |= BigInt(byte & 0x7f) << shift

    if (byte < 0x80) {
      return value
    }
  }
}

export function uintAt (message: PlainMessage, field: number): number {
  const value = message.get(field)?.[0] ?? 0n

  return typeof value === 'bigint' ? Number(value) : Number.NaN
}

export function bytesAt (message: PlainMessage, field: number): Uint8Array {
  const value = message.get(field)?.[0]

  return value instanceof Uint8Array ? value : new Uint8Array()
}

export function listAt (message: PlainMessage, field: number): Uint8Array[] {
  return (message.get(field) ?? []).filter(value => value instanceof Uint8Array)
}

function take (cursor: Cursor, length: number): Uint8Array {
  const part = cursor.bytes.subarray(cursor.at, cursor.at + length)
  cursor.at += length

  if (part.byteLength !== length) {
    throw new Error('the bytes end within a field')
  }

  return part
}
