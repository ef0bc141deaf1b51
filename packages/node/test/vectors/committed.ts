import { readFileSync } from 'node:fs'
import { fromString } from 'uint8arrays/from-string'

/** The committed vectors, which `scripts/vectors.ts` writes. Bytes are hex. */

export interface SoulVector { name: string, nameBytes: string, tag: string, soul: string, naraId: string }

export interface BodyVectors {
  owner: string
  sealingKey: string
  createdAt: number
  bodies: Array<{
    name: string, seq: number, data: string, plaintext: string, associatedData: string, nonce: string, body: string, bodySha256: string
  }>
  padding: Array<{ data: number, plaintext: number, body: number }>
}

export interface PresenceVectors {
  address: string
  messages: Array<{ name: string, from: string, message: string, peerRecord?: string, watermark?: string }>
  foreignPeerRecord: string
  laterField: string
  rejected: Array<{ why: string, message: string }>
}

export interface DiscoveryVector { network: string, psk?: string, serviceTag: string, dht: string }

interface Files {
  souls: SoulVector[]
  bodies: BodyVectors
  presence: PresenceVectors
  discovery: DiscoveryVector[]
}

export function committed <Name extends keyof Files> (name: Name): Files[Name] {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as Files[Name]
}

export function bytesOf (hex: string): Uint8Array {
  return fromString(hex, 'base16')
}

/** The owner of all vectors: the bytes 0 to 31. */
export const seed = Uint8Array.from({ length: 32 }, (_, i) => i)
