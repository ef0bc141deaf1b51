import { concat, fromHex, hex } from './bytes.ts'
import { bodies } from './bodies.ts'
import { c1, c2, owner, stranger } from './peers.ts'
import { begun, ids, placed, plainClaims, sealPlacement } from './placements.ts'
import { bool, bytes, framed, message, number, present, repeated } from './protobuf.ts'
import { nonce, proofs } from './proofs.ts'
import { first, second, sealRecord, third, tombstone, twin } from './records.ts'
import type { PlacementVector } from './placements.ts'
import type { RecordVector } from './records.ts'

const LEASE = 604_800

interface Message {
  name: string
  about: string
  bytes: Uint8Array
}

interface Carrier {
  record: RecordVector
  placement: PlacementVector
  liveHolders?: string[]
  lease?: number
}

function carrier ({ record, placement, liveHolders = [], lease = LEASE }: Carrier): Uint8Array {
  return message(bytes(1, record.envelope), bytes(2, placement.envelope), repeated(3, liveHolders.map(fromHex)), number(4, lease))
}

export function store (fields: Carrier, body?: Uint8Array): Uint8Array {
  return present(1, message(carrier(fields), ...(body == null ? [] : [present(5, body)])))
}

export function fetch (whole: boolean): Uint8Array {
  return present(2, bool(1, whole))
}

export function offer (fields: Carrier, direct: boolean, marked = false): Uint8Array {
  return present(3, message(carrier(fields), bool(5, direct), bool(6, marked)))
}

export function challenge (owner: Uint8Array, recordId: Uint8Array, nonce: Uint8Array): Uint8Array {
  return present(4, message(bytes(1, owner), bytes(2, recordId), bytes(3, nonce)))
}

export function release (owner: Uint8Array, recordId: Uint8Array, reason: number): Uint8Array {
  return present(6, message(bytes(1, owner), bytes(2, recordId), number(3, reason)))
}

export function witnessed (record: RecordVector, beside?: RecordVector, placement?: PlacementVector): Uint8Array {
  return message(
    number(1, 7),
    bytes(2, record.envelope),
    ...(beside == null ? [] : [bytes(12, beside.envelope)]),
    ...(placement == null ? [] : [bytes(14, placement.envelope)])
  )
}

export function status (code: number, leaving = false): Uint8Array {
  return message(number(1, code), bool(11, leaving))
}

function promised (code: number, lease: number): Uint8Array {
  return message(number(1, code), number(9, lease))
}

export function proof (of: Uint8Array, leaving = false): Uint8Array {
  return message(number(1, 12), bytes(10, of), bool(11, leaving))
}

export function heldInstead (code: number, record: RecordVector, placement?: PlacementVector): Uint8Array {
  return message(number(1, code), bytes(2, record.envelope), ...(placement == null ? [] : [bytes(3, placement.envelope)]))
}

export function refused (reason: number, retryAfter: number): Uint8Array {
  return message(number(1, 6), number(6, reason), number(7, retryAfter))
}

export function found (
  { record, placement, liveHolders = [], lease = LEASE }: Carrier, direct: boolean, body?: Uint8Array, leaving = false
): Uint8Array {
  return message(
    number(1, 7), bytes(2, record.envelope), bytes(3, placement.envelope), repeated(4, liveHolders.map(fromHex)), bool(5, direct),
    ...(body == null ? [] : [present(8, body)]), number(9, lease), bool(11, leaving)
  )
}

export const storeInline = store({ record: first, placement: placed }, bodies.first)
export const storeStreamed = store({ record: third, placement: placed, liveHolders: ids(c1) })
export const offerFirst = offer({ record: first, placement: placed, liveHolders: ids(c1, c2), lease: 600_000 }, true)
export const foundHeader = found({ record: first, placement: placed, liveHolders: ids(c1, c2) }, true)
export const foundWhole = found({ record: first, placement: placed, liveHolders: ids(c1, c2) }, true, bodies.first)
export const foundStreamed = found({ record: third, placement: placed, liveHolders: ids(c1, c2) }, true)
export const storeTombstone = store({ record: tombstone, placement: placed })
export const challengeFirst = challenge(owner.id, fromHex(first.id), nonce)
export const witness = present(5, new Uint8Array())
export const releaseFirst = release(owner.id, fromHex(first.id), 1)
export const proofOfFirst = proof(proofs.first)
export const witnessedTwin = witnessed(second, twin)

const requests: Message[] = [
  { name: 'store-inline', about: 'STORE of the first record, its body inside', bytes: storeInline },
  { name: 'store-streamed', about: 'STORE of the third record, whose body follows if it is wanted; c1 has a copy already', bytes: storeStreamed },
  { name: 'fetch-header', about: 'FETCH of the header', bytes: fetch(false) },
  { name: 'fetch-whole', about: 'FETCH of the whole', bytes: fetch(true) },
  { name: 'offer', about: 'OFFER of the first record by c1, which has it from the owner itself', bytes: offerFirst },
  { name: 'store-tombstone', about: 'STORE of the tombstone, which has no body', bytes: storeTombstone },
  {
    name: 'offer-tombstone', about: 'OFFER of the tombstone by c1, to c2', bytes: offer({ record: tombstone, placement: placed, lease: 1_209_600 }, true)
  },
  {
    name: 'offer-marked', about: 'OFFER of the first record by c1, which was away for so long that it may have been deleted',
    bytes: offer({ record: first, placement: placed, liveHolders: ids(c1, c2), lease: 600_000 }, true, true)
  },
  { name: 'challenge', about: 'CHALLENGE of the first record', bytes: challengeFirst },
  { name: 'witness', about: 'WITNESS', bytes: witness },
  { name: 'witness-boot', about: 'WITNESS by an owner that tells which process it is', bytes: present(5, bytes(1, fromHex('a1a1a1a1a1a1a1a1'))) },
  { name: 'witness-twin', about: 'WITNESS to an owner of which another process is here as well, by a nara that has no boot to tell', bytes: present(5, bytes(2, fromHex('b2b2b2b2b2b2b2b2'))) },
  { name: 'release', about: 'RELEASE of the first record by a holder that leaves', bytes: releaseFirst },
  { name: 'release-trimmed', about: 'RELEASE of the first record by its owner, or of a copy too many', bytes: release(owner.id, fromHex(first.id), 3) }
]

const responses: Message[] = [
  { name: 'send', about: 'to STORE', bytes: status(1) },
  { name: 'stored', about: 'to STORE and OFFER', bytes: status(2) },
  { name: 'stored-promised', about: 'to STORE by the owner: promised for as long as it asked', bytes: promised(2, LEASE) },
  { name: 'have', about: 'to STORE, OFFER and RELEASE', bytes: status(3) },
  { name: 'have-promised', about: 'to STORE by the owner: promised for a day, which is less than it asked', bytes: promised(3, 86_400) },
  { name: 'have-leaving', about: 'to RELEASE by a nara that leaves, too', bytes: status(3, true) },
  { name: 'stale', about: 'to a STORE of the first record by its owner: the second is held, with its placement', bytes: heldInstead(4, second, placed) },
  { name: 'stale-known', about: 'the same from a nara that does not hold the second record, or to a holder: no placement', bytes: heldInstead(4, second) },
  { name: 'conflict', about: 'to STORE and OFFER', bytes: heldInstead(5, second, placed) },
  { name: 'refused', about: 'at capacity, ask again in a minute', bytes: refused(1, 60_000) },
  { name: 'unsupported', about: 'to a request that is not known', bytes: refused(7, 60_000) },
  { name: 'found-header', about: 'to a FETCH of the header', bytes: foundHeader },
  { name: 'found-whole', about: 'to a FETCH of the whole: the body is at most 16 KiB, so it is inside', bytes: foundWhole },
  { name: 'found-streamed', about: 'to a FETCH of the whole: the body is longer and follows', bytes: foundStreamed },
  {
    name: 'found-leaving', about: 'to a FETCH of the header by a nara that leaves',
    bytes: found({ record: first, placement: placed, liveHolders: ids(c1, c2) }, true, undefined, true)
  },
  {
    name: 'found-marked', about: 'to a FETCH of the header by a nara that was away for so long that the stash may have been deleted',
    bytes: concat(foundHeader, bool(13, true))
  },
  {
    name: 'found-tombstone', about: 'to a FETCH of the header or of the whole: the stash was deleted',
    bytes: found({ record: tombstone, placement: placed, lease: 1_209_600 }, true)
  },
  { name: 'witnessed', about: 'to WITNESS: the newest record that was seen', bytes: witnessed(second) },
  { name: 'witnessed-beside', about: 'to WITNESS: and one that is in conflict with it', bytes: witnessedTwin },
  {
    name: 'witnessed-refused', about: 'to WITNESS: and one that is in conflict with it, which its owner told this nara to keep with that placement',
    bytes: witnessed(second, twin, begun)
  },
  { name: 'not-found', about: 'to FETCH, CHALLENGE, WITNESS and RELEASE', bytes: status(8) },
  { name: 'not-found-leaving', about: 'to RELEASE by a nara that leaves, too', bytes: status(8, true) },
  { name: 'wanted', about: 'to OFFER', bytes: status(9) },
  { name: 'newer', about: 'to OFFER', bytes: heldInstead(10, second) },
  { name: 'relieved', about: 'to OFFER', bytes: status(11) },
  { name: 'proof', about: 'to CHALLENGE: the proof *first*', bytes: proofOfFirst },
  { name: 'proof-leaving', about: 'the same by a nara that leaves', bytes: proof(proofs.first, true) },
  { name: 'proof-marked', about: 'the same by a nara that was away for so long that the stash may have been deleted', bytes: concat(proofOfFirst, bool(13, true)) },
  { name: 'other', about: 'to a CHALLENGE of the first record by a holder: the second is held', bytes: heldInstead(13, second) },
  { name: 'other-placement', about: 'the same to the owner', bytes: heldInstead(13, second, placed) },
  { name: 'busy', about: 'to a CHALLENGE: not before a minute has passed', bytes: message(number(1, 14), number(7, 60_000)) }
]

const foreign = sealRecord(second.claims, stranger)

/** What is refused as malformed: the stream is reset. */
const malformed: Array<[string, 'request' | 'response', Uint8Array]> = [
  ['a body that is shorter than its record says', 'request', store({ record: first, placement: placed }, bodies.first.subarray(1))],
  ['33 live holders', 'request', store({ record: first, placement: placed, liveHolders: Array.from({ length: 33 }, () => ids(c1)[0] as string) })],
  ['a live holder that is no peer id', 'request', store({ record: first, placement: placed, liveHolders: ['0102'] })],
  ['no placement', 'request', present(1, bytes(1, first.envelope))],
  ['no status', 'response', bool(5, true)],
  ['a status that is not known', 'response', status(15)],
  ['a refusal without a reason', 'response', status(6)],
  ['a reason that is not known', 'response', refused(8, 1_000)],
  ['a conflict without a record', 'response', status(5)],
  ['two requests', 'request', concat(fetch(true), storeInline)],
  ['one request twice', 'request', concat(fetch(true), fetch(true))],
  ['a request that is a number', 'request', number(2, 1)],
  ['whole as bytes', 'request', present(2, present(1, fromHex('01')))],
  ['whole 2', 'request', present(2, number(1, 2))],
  ['whole twice', 'request', present(2, concat(bool(1, true), bool(1, true)))],
  ['a lease of 2^32', 'request', store({ record: first, placement: placed, lease: 2 ** 32 }, bodies.first)],
  ['field 0', 'request', concat(fetch(true), fromHex('0001'))],
  ['a group', 'request', concat(fetch(true), fromHex('7b7c'))],
  ['an end amid an unknown request', 'request', fromHex('3a0308')],
  ['a status twice', 'response', concat(status(2), status(2))],
  ['a status that is not in its shortest form', 'response', fromHex('088200')],
  ['a record that is a number', 'response', concat(status(3), number(2, 1))],
  ['retry_after_ms 2^32', 'response', refused(1, 2 ** 32)],
  ['a nonce of 31 bytes', 'request', challenge(owner.id, fromHex(first.id), nonce.subarray(1))],
  ['no nonce', 'request', challenge(owner.id, fromHex(first.id), new Uint8Array())],
  ['a record id of 33 bytes', 'request', challenge(owner.id, concat(fromHex(first.id), Uint8Array.of(0)), nonce)],
  ['an owner that is no peer id', 'request', challenge(fromHex('0102'), fromHex(first.id), nonce)],
  ['a release without a reason', 'request', release(owner.id, fromHex(first.id), 0)],
  ['a release for a reason that is not known', 'request', release(owner.id, fromHex(first.id), 5)],
  ['a release without a record id', 'request', release(owner.id, new Uint8Array(), 1)],
  ['a witness that is a number', 'request', number(5, 1)],
  ['a challenge and a witness', 'request', concat(challengeFirst, witness)],
  ['a proof of 31 bytes', 'response', proof(proofs.first.subarray(1))],
  ['no proof', 'response', status(12)],
  ['another without a record', 'response', status(13)],
  ['marked 2', 'response', concat(status(12), number(13, 2))],
  ['leaving 2', 'response', concat(status(3), number(11, 2))],
  ['beside of another owner', 'response', message(number(1, 7), bytes(2, second.envelope), bytes(12, foreign.envelope))],
  ['a placement of another owner than beside', 'response', message(number(1, 7), bytes(2, second.envelope), bytes(12, twin.envelope), bytes(14, sealPlacement(plainClaims, stranger).envelope))],
  ['a witness with a boot of 7 bytes', 'request', present(5, bytes(1, fromHex('a1a1a1a1a1a1a1')))],
  ['a witness with a twin of 9 bytes', 'request', present(5, bytes(2, fromHex('b2b2b2b2b2b2b2b2b2')))]
]

export function messageVectors (): object {
  const shown = ({ name, about, bytes }: Message): object => ({ name, about, frame: hex(framed(bytes)) })

  return {
    requests: requests.map(shown),
    responses: responses.map(shown),
    unknownRequest: hex(framed(present(7, number(1, 1)))),
    malformed: malformed.map(([why, kind, message]) => ({ why, kind, frame: hex(framed(message)) }))
  }
}
