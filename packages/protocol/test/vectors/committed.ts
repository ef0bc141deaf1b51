import { readFileSync } from 'node:fs'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { fromString } from 'uint8arrays/from-string'
import type { PrivateKey } from '@libp2p/interface'

/** The committed vectors, which `scripts/vectors.ts` writes. Bytes are hex. */

export interface PeerVector { name: string, seed: string, publicKey: string, peerIdBytes: string, peerId: string }

export interface RecordVector {
  name: string
  claims: { kind: 'data' | 'tombstone', seq: number, boot: string, past: Array<{ boot: string, seq: number }>, bodyLength: number, bodySha256: string }
  payload: string
  signed: string
  signature: string
  envelope: string
  id: string
}

export interface PlacementVector {
  name: string
  claims: {
    version: number, holders: string[], target: number, minCopies: number, surrogates: 'any' | 'listed' | 'none', allowed: string[]
    leaseSeconds: number
  }
  payload: string
  signed: string
  signature: string
  envelope: string
  id: string
}

export interface RefusedVectors {
  records: Array<{ why: string, envelope: string }>
  placements: Array<{ why: string, envelope: string }>
  takenAllTheSame: { record: string, placement: string }
}

export interface OrderVector { a: string, relation: string, b: string, why: string }

export interface MessageVectors {
  requests: Array<{ name: string, frame: string }>
  responses: Array<{ name: string, frame: string }>
  unknownRequest: string
  malformed: Array<{ why: string, kind: 'request' | 'response', frame: string }>
}

export interface ProofVector {
  name: string
  owner: string
  prover: string
  recordId: string
  nonce: string
  /** The name of the record whose body it is. */
  body: string
  /** What is hashed before the body. */
  head: string
  proof: string
}

export interface ExchangeVector {
  name: string
  steps: Array<{ from: 'asker' | 'answerer', what?: string, bytes?: string, length?: number, sha256?: string, end?: true }>
  asker: { length: number, sha256: string }
  answerer: { length: number, sha256: string }
}

interface Files {
  peers: PeerVector[]
  records: RecordVector[]
  placements: PlacementVector[]
  refused: RefusedVectors
  order: OrderVector[]
  proofs: ProofVector[]
  messages: MessageVectors
  exchanges: ExchangeVector[]
}

export function committed <Name extends keyof Files> (name: Name): Files[Name] {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as Files[Name]
}

/** The entry of that name, which must be there. */
export function named <Entry extends { name: string }> (list: readonly Entry[], name: string): Entry {
  const entry = list.find(item => item.name === name)

  if (entry == null) {
    throw new Error(`no vector is called ${name}`)
  }

  return entry
}

export function bytesOf (hex: string): Uint8Array {
  return fromString(hex, 'base16')
}

export const peers = committed('peers')

/** The private key of one of the peers. */
export async function keyOf (name: string): Promise<PrivateKey> {
  return await generateKeyPairFromSeed('Ed25519', bytesOf(named(peers, name).seed))
}

/** Base58 of one of the peers, known by its multihash in hex. */
export function peerIdOf (multihash: string): string {
  return peers.find(({ peerIdBytes }) => peerIdBytes === multihash)?.peerId ?? multihash
}

/** The body of the records that are sent in frames: by its formula, it is not sealed. */
export const streamedBody = Uint8Array.from({ length: 71_720 }, (_, i) => i % 251)
