/**
 * Every error this package throws. None of them, nor its message, ever holds a seed, a soul string or a whole phrase of
 * words: they are safe to log and to show. Match them by `err.name`.
 */

/** A seed is not 32 bytes long. */
export class InvalidSeed extends Error {
  static override readonly name = 'InvalidSeed'
  override readonly name = 'InvalidSeed'
}

/** A public key is not 32 bytes long. */
export class InvalidKey extends Error {
  static override readonly name = 'InvalidKey'
  override readonly name = 'InvalidKey'
}

/** A text is not the Base58 form of 40 bytes. */
export class InvalidSoul extends Error {
  static override readonly name = 'InvalidSoul'
  override readonly name = 'InvalidSoul'
}

/** A name breaks the rules of `normalizeName`. */
export class InvalidName extends Error {
  static override readonly name = 'InvalidName'
  override readonly name = 'InvalidName'
}

/** A soul is bonded to a name that is not its default one, and no name was given. */
export class NameMissing extends Error {
  static override readonly name = 'NameMissing'
  override readonly name = 'NameMissing'
}

/** A soul is bonded to another name than the one given. */
export class NameMismatch extends Error {
  static override readonly name = 'NameMismatch'
  override readonly name = 'NameMismatch'
}

/** What `InvalidWords` may tell of the first word that is not in the list. */
export interface Misspelling {
  /** Where it stands in the phrase, the first word being 1. */
  position: number
  /** What was typed; left out if it cannot be a mistyped word, as it could then be some other secret. */
  word?: string
  /** At most three words of the list, the likeliest first. */
  suggestions: string[]
}

/**
 * A phrase is not 24 words of the BIP-39 English list with a valid checksum. At most one word, misspelt, is ever told: it
 * narrows a 256 bit secret by 11 bits at most, and whoever typed it cannot mend the phrase without it.
 */
export class InvalidWords extends Error {
  static override readonly name = 'InvalidWords'
  override readonly name = 'InvalidWords'
  readonly misspelling: Misspelling | undefined

  constructor (message: string, misspelling?: Misspelling) {
    super(message)
    this.misspelling = misspelling
  }
}

/** A key or nonce given to `seal` has the wrong length. */
export class SealError extends Error {
  static override readonly name = 'SealError'
  override readonly name = 'SealError'
}

/** A sealed message cannot be opened: wrong key, wrong associated data, altered or cut. Nothing of it was decrypted. */
export class OpenError extends Error {
  static override readonly name = 'OpenError'
  override readonly name = 'OpenError'
}

/** Bytes are not the plaintext of a stash, or a stash cannot be laid out as one. */
export class InvalidPlaintext extends Error {
  static override readonly name = 'InvalidPlaintext'
  override readonly name = 'InvalidPlaintext'
}
