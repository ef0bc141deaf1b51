import { createCipheriv } from 'node:crypto'
import { concat } from './bytes.ts'

/** XChaCha20-Poly1305, draft-irtf-cfrg-xchacha-03. Made here, so that the vectors do not rest on the library that they test. */
export function seal (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array {
  const inner = concat(new Uint8Array(4), nonce.subarray(16))
  const cipher = createCipheriv('chacha20-poly1305', hchacha20(key, nonce.subarray(0, 16)), inner, { authTagLength: 16 })

  cipher.setAAD(associatedData, { plaintextLength: plaintext.byteLength })

  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
}

/** Which words a quarter round mixes: the four columns, then the four diagonals (RFC 8439, section 2.3). */
const QUARTER_ROUNDS = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]
] as const

/** Section 2.2 of the draft: ChaCha20's rounds without the final addition; of the state the first and the last row. */
function hchacha20 (key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const input = new DataView(concat(new TextEncoder().encode('expand 32-byte k'), key, nonce).buffer)
  const state = Uint32Array.from({ length: 16 }, (_, i) => input.getUint32(4 * i, true))

  for (let round = 0; round < 10; round++) {
    QUARTER_ROUNDS.forEach(places => { quarterRound(state, places) })
  }

  const output = new DataView(new ArrayBuffer(32))
  const rows = [...state.subarray(0, 4), ...state.subarray(12)]
  rows.forEach((word, i) => { output.setUint32(4 * i, word, true) })

  return new Uint8Array(output.buffer)
}

/** RFC 8439, section 2.1. */
function quarterRound (state: Uint32Array, [a, b, c, d]: readonly [number, number, number, number]): void {
  const steps = [[a, b, d, 16], [c, d, b, 12], [a, b, d, 8], [c, d, b, 7]] as const

  for (const [sum, term, turned, bits] of steps) {
    state[sum] = at(state, sum) + at(state, term)
    const mixed = at(state, turned) ^ at(state, sum)
    state[turned] = mixed << bits | mixed >>> (32 - bits)
  }
}

function at (words: Uint32Array, index: number): number {
  return words[index] ?? 0
}
