import { equalBytes, randomBytes } from '@noble/ciphers/utils.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { base58 } from '@scure/base'
import { InvalidSeed, InvalidSoul, NameMismatch, NameMissing } from './errors.ts'
import { defaultName, nameTag, newName, normalizeName, TAG_LENGTH } from './name.ts'

/** Bytes of a seed: the private key of RFC 8032, section 5.1.5, and the entropy of 24 BIP-39 words. */
export const SEED_LENGTH = 32

const SOUL_LENGTH = SEED_LENGTH + TAG_LENGTH

// 40 bytes take at most ceil(40 * log(256) / log(58)) digits. Decoding takes time quadratic in the length, so it is
// bounded before.
const MAX_SOUL_DIGITS = 55

const NOT_BASE58 = /[^1-9A-HJ-NP-Za-km-z]/

/**
 * The one secret of a nara: whoever has the seed is that nara and can open its stash.
 *
 * A soul made by this package shows neither seed nor tag when it is inspected (`console.log`) or turned to JSON.
 */
export interface Soul {
  /** 32 bytes. Secret. */
  readonly seed: Uint8Array
  /** Normalized, see `normalizeName`. */
  readonly name: string
  /** 8 bytes that bond the name to the seed. */
  readonly tag: Uint8Array
}

export interface CreateSoulOptions {
  /** @default the default name of the new key */
  name?: string
  /** Gives n unpredictable bytes. @default the platform's own generator */
  random?: (n: number) => Uint8Array
}

export interface ParseSoulOptions {
  /** The name the soul is bonded to. Needed unless that is the default name. */
  name?: string
  /** Bond the soul to `name`, whatever it was bonded to. A mistyped soul can then not be told from a right one. */
  rename?: boolean
}

/**
 * A soul from fresh randomness.
 *
 * @throws InvalidName
 * @throws InvalidSeed if `random` gives another number of bytes than asked for
 */
export function createSoul (options: CreateSoulOptions = {}): Soul {
  const random = options.random ?? randomBytes

  return soulFromSeed(random(SEED_LENGTH), options.name === undefined ? undefined : newName(options.name))
}

/**
 * The soul of a seed (32 bytes, copied), bonded to a name, by default that of `defaultName`.
 *
 * @throws InvalidSeed
 * @throws InvalidName
 */
export function soulFromSeed (seed: Uint8Array, name?: string): Soul {
  if (seed.length !== SEED_LENGTH) {
    throw new InvalidSeed(`a seed has ${SEED_LENGTH} bytes; this one has ${seed.length}`)
  }

  const bonded = name === undefined ? defaultNameOf(seed) : normalizeName(name)

  return guarded(Uint8Array.from(seed), bonded, nameTag(seed, bonded))
}

/**
 * Reads a soul string: the Base58 form (Bitcoin alphabet) of seed and tag. White space around it is ignored.
 *
 * @throws InvalidSoul
 * @throws NameMissing no name was given and the soul is not bonded to its default name
 * @throws NameMismatch the soul is not bonded to the name that was given, and `rename` is not set
 * @throws InvalidName
 */
export function parseSoul (text: string, options: ParseSoulOptions = {}): Soul {
  const bytes = decodeSoul(text.trim())
  const soul = soulFromSeed(bytes.subarray(0, SEED_LENGTH), options.name)

  if (equalBytes(bytes.subarray(SEED_LENGTH), soul.tag)) {
    return soul
  }

  if (options.name === undefined) {
    throw new NameMissing('this soul was bonded to a name of its own: give that name as well (or else the soul is mistyped)')
  }

  if (options.rename !== true) {
    throw new NameMismatch(`this soul is not bonded to the name "${soul.name}": ` +
      'give the name it was made with (or else the soul is mistyped)')
  }

  return soul
}

/** The soul string: Base58 of seed and tag. Secret. */
export function formatSoul (soul: Soul): string {
  return base58.encode(concatBytes(soul.seed, soul.tag))
}

function decodeSoul (digits: string): Uint8Array {
  const wrong = digits.search(NOT_BASE58)

  if (wrong !== -1) {
    throw new InvalidSoul(`character ${wrong + 1} of this soul is not a Base58 digit ` +
      '(letters and digits without 0, O, I and l)')
  }

  const bytes = digits.length > MAX_SOUL_DIGITS ? undefined : base58.decode(digits)

  if (bytes?.length !== SOUL_LENGTH) {
    throw new InvalidSoul(`a soul is the Base58 form of ${SOUL_LENGTH} bytes; this text is too ` +
      (bytes === undefined || bytes.length > SOUL_LENGTH ? 'long' : 'short'))
  }

  return bytes
}

function defaultNameOf (seed: Uint8Array): string {
  return defaultName(ed25519.getPublicKey(seed))
}

/**
 * The fields are plain and enumerable, so that copying and comparing work as anywhere; only the two ways in which an object
 * slips into a log are closed.
 */
function guarded (seed: Uint8Array, name: string, tag: Uint8Array): Soul {
  const soul = { seed, name, tag }

  Object.defineProperty(soul, 'toJSON', { value: () => ({ name }) })
  Object.defineProperty(soul, Symbol.for('nodejs.util.inspect.custom'), { value: () => `Soul(${name})` })

  return Object.freeze(soul)
}
