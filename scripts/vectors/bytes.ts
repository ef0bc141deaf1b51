import { createHash } from 'node:crypto'

/**
 * The vectors are made by this folder alone, from what SPEC.md says: no code of the packages that they test is imported. What both get
 * wrong in the same way, SPEC.md says wrong.
 */

export function concat (...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export function utf8 (text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function hex (bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function fromHex (text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

export function sha256 (bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** Big-endian. */
export function uint64 (value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))

  return bytes
}

/** Big-endian. */
export function uint32 (value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)

  return bytes
}

/** Unsigned LEB128, shortest form. */
export function varint (value: number | bigint): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt(value)

  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest === 0n ? low : low | 0x80)
  } while (rest !== 0n)

  return Uint8Array.from(bytes)
}

/** Base58, Bitcoin alphabet. */
export function base58 (bytes: Uint8Array): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let value = BigInt('0x0' + hex(bytes))
  let text = ''

  while (value > 0n) {
    text = alphabet.charAt(Number(value % 58n)) + text
    value /= 58n
  }

  return '1'.repeat(bytes.findIndex(byte => byte !== 0)) + text
}
