import { concat, utf8, varint } from './bytes.ts'

/** A protobuf writer (wire types 0 and 2). Fields that hold their default are left out, as proto3 wants; `present` forces one in. */

export type Field = Uint8Array

const NOTHING = new Uint8Array()

export function number (field: number, value: number | bigint): Field {
  return BigInt(value) === 0n ? NOTHING : concat(varint(field << 3), varint(value))
}

export function bool (field: number, value: boolean): Field {
  return number(field, value ? 1 : 0)
}

export function bytes (field: number, value: Uint8Array): Field {
  return value.byteLength === 0 ? NOTHING : present(field, value)
}

export function text (field: number, value: string): Field {
  return bytes(field, utf8(value))
}

/** A submessage, an element of a repeated field, or an optional field: written even when it is empty. */
export function present (field: number, value: Uint8Array): Field {
  return concat(varint(field << 3 | 2), varint(value.byteLength), value)
}

export function repeated (field: number, values: readonly Uint8Array[]): Field {
  return concat(...values.map(value => present(field, value)))
}

export const message = concat

/** A message in its frame: its length as a varint, then its bytes. */
export function framed (message: Uint8Array): Uint8Array {
  return concat(varint(message.byteLength), message)
}
