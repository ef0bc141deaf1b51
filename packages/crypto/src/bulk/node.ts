import { createCipheriv, createDecipheriv, getCipherInfo } from 'node:crypto'
import { type Decrypt, type Encrypt, TAG_LENGTH } from './aead.ts'
import * as portable from './portable.ts'
import { subkey } from './subkey.ts'

// Below this many bytes the set-up of a native cipher costs more than it saves: measured, the two meet between 1.5 and 2 KiB.
const NATIVE_FROM = 2048

// The native cipher returns a buffer of its own for each part, which is then copied. Parts of this size keep that second
// buffer small and, for a stash of many MiB, are about twice as fast as one go.
const PART_LENGTH = 1024 * 1024

const ALGORITHM = 'chacha20-poly1305'

// Not every build of OpenSSL, and not every runtime that takes the `node` condition, has this cipher.
const HAS_NATIVE = getCipherInfo(ALGORITHM) !== undefined

const PREFIX_LENGTH = 16
const OPTIONS = { authTagLength: TAG_LENGTH }

export const encrypt: Encrypt = (key, nonce, plaintext, associatedData) => {
  if (!HAS_NATIVE || plaintext.length < NATIVE_FROM) {
    return portable.encrypt(key, nonce, plaintext, associatedData)
  }

  const derived = subkey(key, nonce.subarray(0, PREFIX_LENGTH))
  const cipher = createCipheriv(ALGORITHM, derived, innerNonce(nonce), OPTIONS)
  const ciphertext = new Uint8Array(plaintext.length + TAG_LENGTH)

  derived.fill(0)

  if (associatedData !== undefined) {
    cipher.setAAD(associatedData, { plaintextLength: plaintext.length })
  }

  inParts(cipher, plaintext, ciphertext)
  cipher.final()
  ciphertext.set(cipher.getAuthTag(), plaintext.length)

  return ciphertext
}

export const decrypt: Decrypt = (key, nonce, ciphertext, associatedData) => {
  const length = ciphertext.length - TAG_LENGTH

  if (!HAS_NATIVE || length < NATIVE_FROM) {
    return portable.decrypt(key, nonce, ciphertext, associatedData)
  }

  const derived = subkey(key, nonce.subarray(0, PREFIX_LENGTH))
  const decipher = createDecipheriv(ALGORITHM, derived, innerNonce(nonce), OPTIONS)
  const plaintext = new Uint8Array(length)

  derived.fill(0)
  decipher.setAuthTag(ciphertext.subarray(length))

  if (associatedData !== undefined) {
    decipher.setAAD(associatedData, { plaintextLength: length })
  }

  inParts(decipher, ciphertext.subarray(0, length), plaintext)

  try {
    decipher.final()
  } catch {
    // What was decrypted before the tag could be checked must not leave this function.
    plaintext.fill(0)
    return undefined
  }

  return plaintext
}

/** Four zero bytes and the last eight of the nonce (draft-irtf-cfrg-xchacha-03, section 2.3). */
function innerNonce (nonce: Uint8Array): Uint8Array {
  const inner = new Uint8Array(12)

  inner.set(nonce.subarray(PREFIX_LENGTH), 4)

  return inner
}

function inParts (cipher: { update: (data: Uint8Array) => Uint8Array }, from: Uint8Array, to: Uint8Array): void {
  for (let start = 0; start < from.length; start += PART_LENGTH) {
    to.set(cipher.update(from.subarray(start, start + PART_LENGTH)), start)
  }
}
