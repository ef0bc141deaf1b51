import { concat, fromHex, hex, sha256, utf8, varint } from './bytes.ts'
import { bodies } from './bodies.ts'
import { c1, c2, owner } from './peers.ts'
import { first, tombstone } from './records.ts'
import type { Peer } from './peers.ts'
import type { RecordVector } from './records.ts'

/** Answers to challenges. */

export const nonce = Uint8Array.from({ length: 32 }, (_, i) => 0xa0 + i)

interface Proof {
  name: string
  about: string
  prover: Peer
  record: RecordVector
  body: Uint8Array
}

const PROOFS: Proof[] = [
  { name: 'first', about: 'c1 proves the first record', prover: c1, record: first, body: bodies.first },
  { name: 'other-prover', about: 'the same challenge, proved by c2', prover: c2, record: first, body: bodies.first },
  { name: 'tombstone', about: 'c1 proves the tombstone, which has no body', prover: c1, record: tombstone, body: new Uint8Array() }
]

/** What is hashed, up to the body. */
function head ({ prover, record }: Proof): Uint8Array {
  return concat(utf8('nara-stash-proof/1'), nonce, varint(prover.id.byteLength), prover.id, fromHex(record.id))
}

function proofOf (claims: Proof): Uint8Array {
  return sha256(concat(head(claims), claims.body))
}

export const proofs = { first: proofOf(PROOFS[0] as Proof) }

export function proofVectors (): object[] {
  return PROOFS.map(claims => ({
    name: claims.name,
    about: claims.about,
    owner: owner.text,
    prover: claims.prover.text,
    recordId: claims.record.id,
    nonce: hex(nonce),
    body: claims.record.name,
    head: hex(head(claims)),
    proof: hex(proofOf(claims))
  }))
}
