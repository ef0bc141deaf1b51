import { createSoul, parseSoul, privateKeyBytes, publicKeyOf, peerIdString, soulFromSeed } from '@nara-stash/crypto'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { WrongIdentityError } from './errors.ts'
import type { Soul } from '@nara-stash/crypto'
import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'

export { createSoul, parseSoul }

/** The libp2p private key of a soul: give it to `createLibp2p({ privateKey })` and the host is the soul's nara. */
export function privateKeyFromSoul (soul: Soul): Ed25519PrivateKey {
  return privateKeyFromRaw(privateKeyBytes(soul)) as Ed25519PrivateKey
}

/**
 * The soul of a host that already has an Ed25519 identity: its seed is the soul's.
 *
 * @throws {WrongIdentityError} the key is not Ed25519
 */
export function soulFromPrivateKey (privateKey: PrivateKey, name?: string): Soul {
  if (privateKey.type !== 'Ed25519') {
    throw new WrongIdentityError(`a soul is the seed of an Ed25519 key; this host's key is ${privateKey.type}. Give the host a new identity with createLibp2p({ privateKey: privateKeyFromSoul(soul) })`)
  }

  return soulFromSeed(privateKey.raw.subarray(0, 32), name)
}

/** A soul's peer id, base58. */
export function peerIdOf (soul: Soul): string {
  return peerIdString(publicKeyOf(soul))
}

/**
 * Confidants authenticate an owner by its connection, so the host must be the soul's.
 *
 * @throws {WrongIdentityError}
 */
export function checkIdentity (soul: Soul, hostPeerId: string): void {
  if (peerIdOf(soul) !== hostPeerId) {
    throw new WrongIdentityError(
      `this host's peer id is ${hostPeerId}, the soul's is ${peerIdOf(soul)}, so confidants could not tell that the stash is its own. ` +
      'For a new host: createLibp2p({ privateKey: privateKeyFromSoul(soul), ... }). ' +
      'For a host that keeps its Ed25519 identity: stash({ soul: soulFromPrivateKey(privateKey, name) })')
  }
}
