import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'

/** The same key for the same number, in every run. */
export async function ownerKey (number: number): Promise<PrivateKey> {
  return await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(number))
}

/** Keys that a peer may well have, but an owner may not. */
export async function foreignKeys (): Promise<PrivateKey[]> {
  return [await generateKeyPair('secp256k1'), await generateKeyPair('ECDSA'), await generateKeyPair('RSA', 2048)]
}
