/**
 * The soul of a nara: its keys, its names and words, and the sealing of its stash.
 *
 * @packageDocumentation
 */

export * from './errors.ts'
export {
  naraId, peerIdString, privateKeyBytes, PUBLIC_KEY_LENGTH, publicKeyOf, sealingKey, SEALING_KEY_LENGTH, sign, SIGNATURE_LENGTH,
  verify
} from './keys.ts'
export { defaultName, MAX_NAME_LENGTH, normalizeName } from './name.ts'
export { MIN_PADDED_LENGTH, padmeLength } from './padding.ts'
export { decodePlaintext, encodePlaintext, PLAINTEXT_HEADER_LENGTH } from './plaintext.ts'
export type { Plaintext } from './plaintext.ts'
export { NONCE_LENGTH, open, seal, SEAL_OVERHEAD } from './seal.ts'
export type { OpenOptions, Sealed, SealOptions } from './seal.ts'
export { createSoul, formatSoul, parseSoul, SEED_LENGTH, soulFromSeed } from './soul.ts'
export type { CreateSoulOptions, ParseSoulOptions, Soul } from './soul.ts'
export { soulFromWords, soulToWords } from './words.ts'
export type { SoulFromWordsOptions } from './words.ts'
