import { concat, fromHex, hex, utf8, varint } from './bytes.ts'
import { envelopeOf, sealEnvelope } from './envelope.ts'
import { c1, owner, peerOf, stranger } from './peers.ts'
import { PLACEMENT_DOMAIN, PLACEMENT_TYPE, placed, plainClaims, placementPayload, sealPlacement } from './placements.ts'
import { number, present } from './protobuf.ts'
import { bootA, bootB, bootC, first, RECORD_DOMAIN, RECORD_TYPE, recordPayload, sealRecord, second } from './records.ts'
import type { PlacementClaims } from './placements.ts'
import type { Claims } from './records.ts'

/** Envelopes that every reader refuses, and why. */

function badRecord (claims: Partial<Claims>): Uint8Array {
  return sealRecord({ ...second.claims, ...claims }).envelope
}

function badPlacement (claims: Partial<PlacementClaims>): Uint8Array {
  return sealPlacement({ ...plainClaims, ...claims }).envelope
}

function flipped (bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => i === at ? byte ^ 1 : byte)
}

/** A payload that its owner signed, whatever it is. */
function signedRecord (payload: Uint8Array): Uint8Array {
  return sealEnvelope(RECORD_DOMAIN, RECORD_TYPE, payload, owner).envelope
}

function signedPlacement (payload: Uint8Array): Uint8Array {
  return sealEnvelope(PLACEMENT_DOMAIN, PLACEMENT_TYPE, payload, owner).envelope
}

/** The payload of the first record without its seq (which is its second field), to put it in another way. */
const seqless = recordPayload({ ...first.claims, seq: 0 })

const manyPeers = Array.from({ length: 65 }, (_, i) => hex(peerOf('', new Uint8Array(32).fill(i + 1)).id))
const otherKeyType = concat(fromHex('08021220'), owner.publicKey)

const recordEnvelopes: Array<[string, Uint8Array]> = [
  ['no bytes', new Uint8Array()],
  ['a placement', placed.envelope],
  ['signed for another domain', sealEnvelope(PLACEMENT_DOMAIN, RECORD_TYPE, first.payload, owner).envelope],
  ['another payload type', sealEnvelope(RECORD_DOMAIN, utf8('/nara/stash/record/2'), first.payload, owner).envelope],
  ['a key of another type', envelopeOf(otherKeyType, RECORD_TYPE, first.payload, first.signature)],
  ['the key of somebody else', envelopeOf(stranger.publicKeyMessage, RECORD_TYPE, first.payload, first.signature)],
  ['an altered signature', flipped(first.envelope, first.envelope.byteLength - 1)],
  ['an altered payload', envelopeOf(owner.publicKeyMessage, RECORD_TYPE, flipped(first.payload, 3), first.signature)],
  ['a field that RFC 0002 does not have', concat(first.envelope, present(6, utf8('x')))],
  ['its fields in another order', concat(present(2, RECORD_TYPE), present(1, owner.publicKeyMessage), present(3, first.payload), present(5, first.signature))],
  ['more than 2 KiB', sealEnvelope(RECORD_DOMAIN, RECORD_TYPE, concat(first.payload, present(15, new Uint8Array(1_900))), owner).envelope],
  ['kind 0', badRecord({ kind: 0 })],
  ['a kind that is not known', badRecord({ kind: 3 })],
  ['seq 0', badRecord({ seq: 0 })],
  ['seq 2^53', badRecord({ seq: 2n ** 53n })],
  ['a boot of 7 bytes', badRecord({ boot: 'a1'.repeat(7) })],
  ['a boot of 9 bytes', badRecord({ boot: 'a1'.repeat(9) })],
  ['its own boot in its past', badRecord({ past: [{ boot: bootA, seq: 1 }] })],
  ['a boot twice in its past', badRecord({ seq: 4, past: [{ boot: bootB, seq: 1 }, { boot: bootB, seq: 2 }] })],
  ['a past that is not in order', badRecord({ seq: 4, past: [{ boot: bootB, seq: 2 }, { boot: bootC, seq: 1 }] })],
  ['a past as high as itself', badRecord({ past: [{ boot: bootB, seq: 2 }] })],
  ['a past of seq 0', badRecord({ past: [{ boot: bootB, seq: 0 }] })],
  ['65 boots in its past', badRecord({
    seq: 100, past: Array.from({ length: 65 }, (_, i) => ({ boot: 'ee000000000000' + (i + 1).toString(16).padStart(2, '0'), seq: i + 1 }))
  })],
  ['data without a body', badRecord({ bodyLength: 0 })],
  ['data without a digest', badRecord({ bodySha256: '' })],
  ['a digest of 31 bytes', badRecord({ bodySha256: 'dd'.repeat(31) })],
  ['a tombstone with a body', badRecord({ kind: 2, bodySha256: '' })],
  ['a tombstone with a digest', badRecord({ kind: 2, bodyLength: 0 })],
  ['its seq twice', signedRecord(concat(first.payload, number(2, 1)))],
  ['its seq as bytes', signedRecord(concat(seqless, present(2, varint(1))))],
  ['its seq as a fixed number', signedRecord(concat(seqless, fromHex('110100000000000000')))],
  ['its seq not in its shortest form', signedRecord(concat(seqless, fromHex('108100')))],
  ['its boot twice', signedRecord(concat(first.payload, present(3, fromHex(bootA))))],
  ['body_length 2^32 + 1,064', signedRecord(recordPayload({ ...first.claims, bodyLength: 2 ** 32 + 1_064 }))],
  ['kind 2^32 + 1', signedRecord(recordPayload({ ...first.claims, kind: 2 ** 32 + 1 }))],
  ['field 0', signedRecord(concat(first.payload, fromHex('0001')))],
  ['a group', signedRecord(concat(first.payload, fromHex('7b7c')))],
  ['a past that reaches beyond itself', signedRecord(concat(first.payload, fromHex('22020a08'), fromHex(bootB)))],
  ['an end amid a field', signedRecord(first.payload.subarray(0, -1))]
]

const placementEnvelopes: Array<[string, Uint8Array]> = [
  ['a record', first.envelope],
  ['signed for another domain', sealEnvelope(RECORD_DOMAIN, PLACEMENT_TYPE, placed.payload, owner).envelope],
  ['another payload type', sealEnvelope(PLACEMENT_DOMAIN, RECORD_TYPE, placed.payload, owner).envelope],
  ['an altered signature', flipped(placed.envelope, placed.envelope.byteLength - 1)],
  ['more than 8 KiB', sealEnvelope(PLACEMENT_DOMAIN, PLACEMENT_TYPE, concat(placed.payload, present(15, new Uint8Array(8_000))), owner).envelope],
  ['version 0', badPlacement({ version: 0 })],
  ['version 2^53', badPlacement({ version: 2n ** 53n })],
  ['17 holders', badPlacement({ holders: manyPeers.slice(0, 17) })],
  ['a holder named twice', badPlacement({ holders: [hex(c1.id), hex(c1.id)] })],
  ['a holder that is no peer id', badPlacement({ holders: ['0102'] })],
  ['65 allowed peers', badPlacement({ surrogates: 1, allowed: manyPeers })],
  ['a target of 0', badPlacement({ target: 0, minCopies: 0 })],
  ['a target of 17', badPlacement({ target: 17 })],
  ['min_copies 0', badPlacement({ minCopies: 0 })],
  ['min_copies above the target', badPlacement({ minCopies: 4 })],
  ['surrogates that are not known', badPlacement({ surrogates: 3 })],
  ['its version twice', signedPlacement(concat(placed.payload, number(1, 2)))],
  ['its version as bytes', signedPlacement(concat(placementPayload({ ...plainClaims, version: 0 }), present(1, varint(1))))],
  ['lease_s 2^32', badPlacement({ leaseSeconds: 2 ** 32 })],
  ['target 2^32 + 3', badPlacement({ target: 2 ** 32 + 3 })],
  ['field 0', signedPlacement(concat(placed.payload, fromHex('0001')))]
]

/** What is not an error: fields that a later version may add inside a payload are ignored, and stay signed. */
const taken = {
  record: sealEnvelope(RECORD_DOMAIN, RECORD_TYPE, concat(recordPayload(first.claims), present(15, utf8('later'))), owner).envelope,
  placement: sealEnvelope(PLACEMENT_DOMAIN, PLACEMENT_TYPE, concat(placementPayload(plainClaims), present(8, utf8('later'))), owner).envelope
}

export function refusedVectors (): object {
  return {
    records: recordEnvelopes.map(([why, envelope]) => ({ why, envelope: hex(envelope) })),
    placements: placementEnvelopes.map(([why, envelope]) => ({ why, envelope: hex(envelope) })),
    takenAllTheSame: { record: hex(taken.record), placement: hex(taken.placement) }
  }
}
