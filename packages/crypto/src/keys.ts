import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { base58 } from '@scure/base'
import { InvalidKey } from './errors.ts'
import type { Soul } from './soul.ts'

/** Bytes of an Ed25519 public key, RFC 8032, section 5.1.5. */
export const PUBLIC_KEY_LENGTH = 32

/** Bytes of an Ed25519 signature, RFC 8032, section 5.1.6. */
export const SIGNATURE_LENGTH = 64

/** Bytes of the key that seals a stash. */
export const SEALING_KEY_LENGTH = 32

const SEALING_SALT = utf8ToBytes('nara:stash:v1')
const SEALING_INFO = utf8ToBytes('symmetric')

// libp2p peer id: identity multihash (00) of 36 bytes (24) of protobuf: key type (08) Ed25519 (01), data (12) of 32 bytes (20).
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

/** Derived once for each soul: it is asked for at every turn, and takes the portable code a millisecond. */
const publicKeys = new WeakMap<Soul, Uint8Array>()

/** The Ed25519 public key, 32 bytes (RFC 8032). */
export function publicKeyOf (soul: Soul): Uint8Array {
  const publicKey = publicKeys.get(soul) ?? ed25519.getPublicKey(soul.seed)
  publicKeys.set(soul, publicKey)

  return publicKey.slice()
}

/** Seed and public key, 64 bytes: the raw form of libp2p's Ed25519 private key. Secret. */
export function privateKeyBytes (soul: Soul): Uint8Array {
  return concatBytes(soul.seed, publicKeyOf(soul))
}

/** The Ed25519 signature, 64 bytes, of a message. Deterministic (RFC 8032, section 5.1.6). */
export function sign (soul: Soul, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, soul.seed)
}

/**
 * Whether a signature is valid by the letter of RFC 8032, section 5.1.7: encodings of points and scalars that are not canonical
 * are refused, and so are public keys of small order, for which anyone can sign. Malformed input is not valid; it does not throw.
 *
 * All platforms run the same code here: implementations differ on the odd cases, and a signature must not be valid on
 * one machine only.
 */
export function verify (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_LENGTH || signature.length !== SIGNATURE_LENGTH) {
    return false
  }

  return ed25519.verify(signature, message, publicKey, { zip215: false })
}

/** The key for `seal` and `open`, 32 bytes: HKDF-SHA256 (RFC 5869) of the seed. Secret. */
export function sealingKey (soul: Soul): Uint8Array {
  return hkdf(sha256, soul.seed, SEALING_SALT, SEALING_INFO, SEALING_KEY_LENGTH)
}

/** A label for people: Base58 of SHA-256(seed, tag, name). Nobody else can check it, so it proves nothing. */
export function naraId (soul: Soul): string {
  return base58.encode(sha256(concatBytes(soul.seed, soul.tag, utf8ToBytes(soul.name))))
}

/**
 * The libp2p peer id of an Ed25519 public key (32 bytes), in Base58: `12D3KooW...`.
 *
 * @see https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 * @throws InvalidKey
 */
export function peerIdString (publicKey: Uint8Array): string {
  if (publicKey.length !== PUBLIC_KEY_LENGTH) {
    throw new InvalidKey(`an Ed25519 public key has ${PUBLIC_KEY_LENGTH} bytes; this one has ${publicKey.length}`)
  }

  return base58.encode(concatBytes(PEER_ID_PREFIX, publicKey))
}
