import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'

export const hex = hexToBytes
export const utf8 = utf8ToBytes

/** A plain Uint8Array with the same bytes, so that a Buffer and an array compare as equal. */
export function plain (bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes)
}

/** n bytes that look random and are the same in every run. */
export function pattern (n: number): Uint8Array {
  const bytes = new Uint8Array(n)
  let state = 1

  for (let i = 0; i < n; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0
    bytes[i] = state >>> 24
  }

  return bytes
}

/** The same bytes at an odd offset of a larger buffer. */
export function unaligned (bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(bytes.length + 3).subarray(1, 1 + bytes.length)

  view.set(bytes)

  return view
}

export function flipBit (bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes)

  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))

  return flipped
}

export const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 })
export const anyNonce = fc.uint8Array({ minLength: 24, maxLength: 24 })
export const anyBytes = fc.uint8Array({ maxLength: 100 })
