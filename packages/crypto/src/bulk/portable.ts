import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { type Decrypt, type Encrypt, TAG_LENGTH } from './aead.ts'

export const encrypt: Encrypt = (key, nonce, plaintext, associatedData) => {
  return xchacha20poly1305(key, nonce, associatedData).encrypt(plaintext)
}

export const decrypt: Decrypt = (key, nonce, ciphertext, associatedData) => {
  // Made outside of the try block: a lack of memory is not a forgery.
  const plaintext = new Uint8Array(ciphertext.length - TAG_LENGTH)
  const cipher = xchacha20poly1305(key, nonce, associatedData)

  try {
    cipher.decrypt(ciphertext, plaintext)
  } catch {
    return undefined
  }

  return plaintext
}
