/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, section 2). Lengths are the caller's to check: key 32 bytes, nonce 24, and
 * a ciphertext at least as long as its tag. Missing and empty associated data are the same.
 */

/** The ciphertext with the 16 bytes of the tag at its end. */
export type Encrypt = (
  key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associatedData?: Uint8Array
) => Uint8Array<ArrayBuffer>

/** The plaintext, or undefined if the tag does not match. */
export type Decrypt = (
  key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, associatedData?: Uint8Array
) => Uint8Array<ArrayBuffer> | undefined

/** Bytes of a Poly1305 tag (RFC 8439, section 2.5). */
export const TAG_LENGTH = 16
