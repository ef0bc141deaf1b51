import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { InvalidKey, InvalidName } from './errors.ts'

/** Bytes of UTF-8: room for any name, and short enough for presence messages and one line of a table. */
export const MAX_NAME_LENGTH = 64

/** Bytes of the tag that bonds a name to a seed. */
export const TAG_LENGTH = 8

const PUBLIC_KEY_LENGTH = 32
const TAG_DOMAIN = utf8ToBytes('nara:name:v2:')

// Cc are the C0 and C1 controls. Line and paragraph separators break a log line as a newline does, and the bidirectional
// controls reorder the text around a name, so that one name can be shown as another.
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

/**
 * The form of a name that is bonded, compared and shown: Unicode NFC, 1 to 64 bytes of UTF-8, without control characters,
 * line separators, bidirectional controls or unpaired surrogates.
 *
 * @throws InvalidName
 */
export function normalizeName (name: string): string {
  if (!name.isWellFormed()) {
    throw new InvalidName('a name must be well-formed Unicode; this one holds half of a surrogate pair')
  }

  const normal = name.normalize('NFC')
  const control = CONTROL.exec(normal)?.[0]

  if (control !== undefined) {
    throw new InvalidName(`a name must not hold control characters; this one holds ${codePoint(control)}`)
  }

  const length = utf8ToBytes(normal).length

  if (length < 1 || length > MAX_NAME_LENGTH) {
    throw new InvalidName(`a name takes 1 to ${MAX_NAME_LENGTH} bytes of UTF-8; this one takes ${length}`)
  }

  return normal
}

// spaces and separators, format characters, and what is ignored where it is shown (UAX #44)
const UNSEEN = /^[\p{Z}\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u

/** What a decoder puts in place of bytes that are no UTF-8: names that differ there would all be this one. */
const REPLACEMENT = '\ufffd'

/**
 * A name that a new soul may be bonded to: normalized, and one that people can see and type again. Souls that were bonded to another
 * come back all the same.
 *
 * @throws InvalidName
 */
export function newName (name: string): string {
  const normal = normalizeName(name)

  if (UNSEEN.test(normal)) {
    throw new InvalidName('a name must show something; this one is only spaces')
  }

  if (normal.includes(REPLACEMENT)) {
    throw new InvalidName('a name must be UTF-8; this one holds U+FFFD, which stands for bytes that are not')
  }

  return normal
}

/**
 * The name of a soul that was given none: `nara-` and the first 8 hex digits of its Ed25519 public key (32 bytes). It follows
 * from the seed, so words alone restore it.
 *
 * @throws InvalidKey
 */
export function defaultName (publicKey: Uint8Array): string {
  if (publicKey.length !== PUBLIC_KEY_LENGTH) {
    throw new InvalidKey(`an Ed25519 public key has ${PUBLIC_KEY_LENGTH} bytes; this one has ${publicKey.length}`)
  }

  return 'nara-' + bytesToHex(publicKey.subarray(0, 4))
}

/** The first 8 bytes of HMAC-SHA256(seed, "nara:name:v2:" + name). The name is taken as it is: normalize it first. */
export function nameTag (seed: Uint8Array, name: string): Uint8Array {
  return hmac(sha256, seed, concatBytes(TAG_DOMAIN, utf8ToBytes(name))).slice(0, TAG_LENGTH)
}

function codePoint (character: string): string {
  return 'U+' + character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
}
