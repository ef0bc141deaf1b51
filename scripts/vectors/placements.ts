import { fromHex, hex, sha256, utf8 } from './bytes.ts'
import { sealEnvelope } from './envelope.ts'
import { c1, c2, c3, c4, owner, stranger } from './peers.ts'
import { message, number, repeated } from './protobuf.ts'
import type { EnvelopeParts } from './envelope.ts'
import type { Peer } from './peers.ts'

export const PLACEMENT_DOMAIN = 'nara-stash-placement'
export const PLACEMENT_TYPE = utf8('/nara/stash/placement/1')

export const SURROGATES = ['any', 'listed', 'none'] as const

export interface PlacementClaims {
  version: number | bigint
  /** Multihashes, hex. */
  holders: string[]
  target: number
  minCopies: number
  surrogates: number
  allowed: string[]
  leaseSeconds: number
  sinceSeq?: number
}

export interface PlacementVector extends EnvelopeParts {
  name: string
  about: string
  claims: PlacementClaims
  id: string
}

export function placementPayload (claims: PlacementClaims): Uint8Array {
  return message(
    number(1, claims.version),
    repeated(2, claims.holders.map(fromHex)),
    number(3, claims.target),
    number(4, claims.minCopies),
    number(5, claims.surrogates),
    repeated(6, claims.allowed.map(fromHex)),
    number(7, claims.leaseSeconds),
    number(9, claims.sinceSeq ?? 0)
  )
}

export function sealPlacement (claims: PlacementClaims, peer: Peer = owner): EnvelopeParts {
  return sealEnvelope(PLACEMENT_DOMAIN, PLACEMENT_TYPE, placementPayload(claims), peer)
}

export const plainClaims: PlacementClaims = {
  version: 1, holders: ids(c1, c2, c3), target: 3, minCopies: 2, surrogates: 0, allowed: [], leaseSeconds: 604_800
}

export function ids (...peers: Peer[]): string[] {
  return peers.map(({ id }) => hex(id))
}

function vector (name: string, about: string, claims: Partial<PlacementClaims>): PlacementVector {
  const all = { ...plainClaims, ...claims }
  const parts = sealPlacement(all)

  return { name, about, claims: all, id: hex(sha256(parts.payload)), ...parts }
}

export const placed = vector('placed', 'three confidants, any nara may help', {})
export const replaced = vector('replaced', 'for the same record: c3 was replaced by c4', { version: 2, holders: ids(c1, c2, c4) })
export const listed = vector('listed', 'only c4 and the stranger may help', { surrogates: 1, allowed: ids(c4, stranger) })
export const alone = vector('alone', 'nobody may help; one copy is enough; an hour', {
  holders: ids(c1), target: 1, minCopies: 1, surrogates: 2, leaseSeconds: 3_600
})
export const highVersion = vector('high-version', 'a version above 2^31, as random steps lead to', { version: 2 ** 31 + 5 })
export const begun = vector('begun', 'no record of its maker from seq 2 on was acknowledged with another placement before', { sinceSeq: 2 })

export const placements = [placed, replaced, listed, alone, highVersion, begun]

export function placementVectors (): object[] {
  return placements.map(({ name, about, claims, payload, signed, signature, envelope, id }) => ({
    name,
    about,
    claims: { ...claims, surrogates: SURROGATES[claims.surrogates] },
    payload: hex(payload),
    signed: hex(signed),
    signature: hex(signature),
    envelope: hex(envelope),
    id
  }))
}
