import { MalformedError } from '../errors.ts'

/**
 * The one form in which a message may be encoded (SPEC.md, "Encoding"). Protobuf libraries take more than that, each in a way of its own (the last
 * or the first of two values, a number cut to its low bits, a field of another type skipped or misread), and would hold the same bytes for
 * different messages. So the form is checked first, and what passes means the same to all of them.
 */

/** What a field may hold. */
export type Field = Readonly<{ repeated?: true, choice?: string } & ({ max: number } | { bytes: true } | { text: true } | { form: Form })>

/** A message's fields by their numbers. Others are not known, and taken as they are. */
export type Form = Readonly<Record<number, Field>>

export const BOOL = { max: 1 } as const
/** An enum, too: which of its values are known is a matter of the decoder. */
export const UINT32 = { max: 2 ** 32 - 1 } as const
export const UINT64 = { max: Number.MAX_SAFE_INTEGER } as const
export const BYTES = { bytes: true } as const
export const TEXT = { text: true } as const

/** Wire types of protobuf. Groups (3 and 4) are not used. */
const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const FIXED32 = 5

const MAX_TAG = 2 ** 32 - 1

interface Cursor {
  bytes: Uint8Array
  at: number
}

/**
 * Checks that these bytes are a message in the only form that there is.
 *
 * @throws {MalformedError}
 */
export function checkForm (bytes: Uint8Array, form: Form): void {
  const cursor = { bytes, at: 0 }
  const seen = new Set<number | string>()

  while (cursor.at < bytes.byteLength) {
    const tag = readVarint(cursor)
    const number = Math.floor(tag / 8)
    const field = form[number]

    if (number === 0 || tag > MAX_TAG) {
      throw new MalformedError('a field number from 1 to 2^29 - 1 is wanted')
    }

    if (field == null) {
      skip(cursor, tag % 8)
      continue
    }

    const once = field.choice ?? number

    if (field.repeated !== true && seen.has(once)) {
      throw new MalformedError(`field ${number} where it, or another in its place, was before`)
    }

    seen.add(once)
    checkValue(cursor, tag, field)
  }
}

function checkValue (cursor: Cursor, tag: number, field: Field): void {
  const [number, type] = [Math.floor(tag / 8), tag % 8]

  if (type !== ('max' in field ? VARINT : LENGTH)) {
    throw new MalformedError(`field ${number} with wire type ${type}`)
  }

  if ('max' in field) {
    if (readVarint(cursor) > field.max) {
      throw new MalformedError(`field ${number} is above ${field.max}`)
    }

    return
  }

  const value = take(cursor, readVarint(cursor))

  if ('form' in field) {
    checkForm(value, field.form)
  } else if ('text' in field) {
    checkText(value, number)
  }
}

function checkText (value: Uint8Array, number: number): void {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(value)
  } catch (err) {
    throw new MalformedError(`field ${number} is not UTF-8`, { cause: err })
  }
}

function skip (cursor: Cursor, type: number): void {
  switch (type) {
    case VARINT:
      readVarint(cursor)
      break
    case FIXED64:
      take(cursor, 8)
      break
    case LENGTH:
      take(cursor, readVarint(cursor))
      break
    case FIXED32:
      take(cursor, 4)
      break
    default:
      throw new MalformedError(`wire type ${type} is not used`)
  }
}

/** Up to 64 bits in their shortest form. Exact below 2^53; what is above stays above. */
function readVarint (cursor: Cursor): number {
  let value = 0

  for (let i = 0; i < 10; i++) {
    const byte = cursor.bytes[cursor.at++]

    if (byte == null) {
      throw new MalformedError('the bytes end amid a number')
    }

    value += (byte & 0x7f) * 2 ** (7 * i)

    if (byte < 0x80) {
      if ((byte === 0 && i > 0) || (i === 9 && byte > 1)) {
        break
      }

      return value
    }
  }

  throw new MalformedError('a number that is not a varint of 64 bits in its shortest form')
}

function take (cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length

  if (end > cursor.bytes.byteLength) {
    throw new MalformedError('the bytes end amid a field')
  }

  const part = cursor.bytes.subarray(cursor.at, end)
  cursor.at = end

  return part
}
