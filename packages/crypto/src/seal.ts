import { randomBytes } from '@noble/ciphers/utils.js'
import { decrypt, encrypt } from '#bulk'
import { TAG_LENGTH } from './bulk/aead.ts'
import { OpenError, SealError } from './errors.ts'
import { SEALING_KEY_LENGTH } from './keys.ts'

/** Bytes of an XChaCha20 nonce: long enough to be drawn at random for each message (draft-irtf-cfrg-xchacha-03, section 3.1). */
export const NONCE_LENGTH = 24

/** Bytes by which a sealed message, nonce and tag included, is longer than its plaintext. */
export const SEAL_OVERHEAD = NONCE_LENGTH + TAG_LENGTH

export interface Sealed<Buffer extends ArrayBufferLike = ArrayBufferLike> {
  /** 24 bytes, not secret. */
  nonce: Uint8Array<Buffer>
  /** As long as the plaintext and 16 bytes more: the tag is at its end. */
  ciphertext: Uint8Array<Buffer>
}

export interface SealOptions {
  /** Not part of the sealed message, but `open` must be given the same bytes. None and empty are the same. */
  associatedData?: Uint8Array
  /**
   * 24 bytes. Never use one twice with the same key: that gives both messages away.
   *
   * @default fresh random bytes
   */
  nonce?: Uint8Array
}

export interface OpenOptions {
  /** What was given to `seal`. */
  associatedData?: Uint8Array
}

/**
 * Encrypts and authenticates with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03).
 *
 * @param key - 32 bytes, see `sealingKey`
 * @throws SealError if the key or the nonce has the wrong length
 */
export function seal (key: Uint8Array, plaintext: Uint8Array, options: SealOptions = {}): Sealed<ArrayBuffer> {
  const nonce = options.nonce === undefined ? randomBytes(NONCE_LENGTH) : Uint8Array.from(options.nonce)

  if (key.length !== SEALING_KEY_LENGTH) {
    throw new SealError(`a sealing key has ${SEALING_KEY_LENGTH} bytes; this one has ${key.length}`)
  }

  if (nonce.length !== NONCE_LENGTH) {
    throw new SealError(`a nonce has ${NONCE_LENGTH} bytes; this one has ${nonce.length}`)
  }

  return { nonce, ciphertext: encrypt(key, nonce, plaintext, options.associatedData) }
}

/**
 * Opens what `seal` made: the whole plaintext or nothing.
 *
 * @param key - 32 bytes, see `sealingKey`
 * @throws OpenError if key, nonce, ciphertext or associated data are not those of one sealed message
 */
export function open (key: Uint8Array, sealed: Sealed, options: OpenOptions = {}): Uint8Array<ArrayBuffer> {
  const { nonce, ciphertext } = sealed

  if (key.length !== SEALING_KEY_LENGTH) {
    throw new OpenError(`a sealing key has ${SEALING_KEY_LENGTH} bytes; this one has ${key.length}`)
  }

  if (nonce.length !== NONCE_LENGTH) {
    throw new OpenError(`a nonce has ${NONCE_LENGTH} bytes; this one has ${nonce.length}`)
  }

  if (ciphertext.length < TAG_LENGTH) {
    throw new OpenError(`a ciphertext has at least the ${TAG_LENGTH} bytes of its tag; this one has ${ciphertext.length}`)
  }

  const plaintext = decrypt(key, nonce, ciphertext, options.associatedData)

  if (plaintext === undefined) {
    throw new OpenError('this was sealed with another key or for another place, or it was altered since')
  }

  return plaintext
}
