import { hchacha } from '@noble/ciphers/chacha.js'
import { utf8ToBytes } from '@noble/ciphers/utils.js'

const SIGMA = words(utf8ToBytes('expand 32-byte k'))

/**
 * HChaCha20 (draft-irtf-cfrg-xchacha-03, section 2.2): the 32 byte key under which the rest of an XChaCha20 nonce is used.
 *
 * @param key - 32 bytes
 * @param prefix - the first 16 bytes of the nonce
 */
export function subkey (key: Uint8Array, prefix: Uint8Array): Uint8Array {
  const keyWords = words(key)
  const out = new Uint32Array(8)

  hchacha(SIGMA, keyWords, words(prefix), out)
  keyWords.fill(0)

  return new Uint8Array(out.buffer)
}

/** A copy, because a view of 32 bit words must start at a multiple of four. */
function words (bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer)
}
