import { concat, hex, sha256 } from './bytes.ts'
import { bodies } from './bodies.ts'
import {
  challengeFirst, fetch, foundHeader, foundStreamed, foundWhole, heldInstead, offerFirst, proofOfFirst, refused, releaseFirst, status, storeInline,
  storeStreamed, storeTombstone, witness, witnessedTwin
} from './messages.ts'
import { placed } from './placements.ts'
import { framed, number, present } from './protobuf.ts'
import { second } from './records.ts'

/** Whole exchanges, as the bytes of the stream in each direction. */

type Side = 'asker' | 'answerer'

type Step = { from: Side, bytes: Uint8Array, what: string } | { from: Side, end: true }

const FRAME = 65_536

const says = (from: Side, what: string, message: Uint8Array): Step => ({ from, what, bytes: framed(message) })
const ends = (from: Side): Step => ({ from, end: true })

/** A body in frames of 64 KiB. */
function sends (from: Side, body: Uint8Array): Step[] {
  const count = Math.ceil(body.byteLength / FRAME)

  return Array.from({ length: count }, (_, i) => ({
    from, what: `body, frame ${i + 1} of ${count}`, bytes: framed(body.subarray(i * FRAME, (i + 1) * FRAME))
  }))
}

const EXCHANGES: Array<[string, string, Step[]]> = [
  ['store-inline', 'an owner stores a small record', [
    says('asker', 'STORE', storeInline), ends('asker'), says('answerer', 'STORED', status(2)), ends('answerer')
  ]],
  ['store-streamed', 'an owner stores a record of 71,720 bytes', [
    says('asker', 'STORE', storeStreamed), says('answerer', 'SEND', status(1)),
    ...sends('asker', bodies.streamed), ends('asker'), says('answerer', 'STORED', status(2)), ends('answerer')
  ]],
  ['store-refused', 'no room: no body moves', [
    says('asker', 'STORE', storeStreamed), says('answerer', 'REFUSED', refused(1, 60_000)), ends('answerer'), ends('asker')
  ]],
  ['store-stale', 'an owner that came back behind its own time learns so', [
    says('asker', 'STORE', storeInline), ends('asker'), says('answerer', 'STALE', heldInstead(4, second, placed)), ends('answerer')
  ]],
  ['fetch-header', 'a recovering owner asks what is held', [
    says('asker', 'FETCH', fetch(false)), ends('asker'), says('answerer', 'FOUND', foundHeader), ends('answerer')
  ]],
  ['fetch-whole', 'it takes the whole, which fits into the answer', [
    says('asker', 'FETCH', fetch(true)), ends('asker'), says('answerer', 'FOUND', foundWhole), ends('answerer')
  ]],
  ['fetch-streamed', 'it takes the whole, whose body follows the answer', [
    says('asker', 'FETCH', fetch(true)), ends('asker'), says('answerer', 'FOUND', foundStreamed),
    ...sends('answerer', bodies.streamed), ends('answerer')
  ]],
  ['fetch-nothing', 'nothing is held', [
    says('asker', 'FETCH', fetch(false)), ends('asker'), says('answerer', 'NOT_FOUND', status(8)), ends('answerer')
  ]],
  ['offer-wanted', 'a confidant brings a returning owner its stash; a body of any length follows', [
    says('asker', 'OFFER', offerFirst), says('answerer', 'WANTED', status(9)),
    ...sends('asker', bodies.first), ends('asker'), says('answerer', 'STORED', status(2)), ends('answerer')
  ]],
  ['offer-relieved', 'the owner has enough newer copies elsewhere', [
    says('asker', 'OFFER', offerFirst), says('answerer', 'RELIEVED', status(11)), ends('answerer'), ends('asker')
  ]],
  ['store-tombstone', 'an owner deletes its stash', [
    says('asker', 'STORE', storeTombstone), ends('asker'), says('answerer', 'STORED', status(2)), ends('answerer')
  ]],
  ['challenge', 'an owner, or a co-holder, audits c1', [
    says('asker', 'CHALLENGE', challengeFirst), ends('asker'), says('answerer', 'PROOF', proofOfFirst), ends('answerer')
  ]],
  ['witness', 'an owner learns how new its newest is, and that it lives twice', [
    says('asker', 'WITNESS', witness), ends('asker'), says('answerer', 'FOUND', witnessedTwin), ends('answerer')
  ]],
  ['release', 'a holder leaves; the other one still holds the record', [
    says('asker', 'RELEASE', releaseFirst), ends('asker'), says('answerer', 'HAVE', status(3)), ends('answerer')
  ]],
  ['unknown-request', 'a request of a later version', [
    says('asker', 'field 7', present(7, number(1, 1))), ends('asker'), says('answerer', 'REFUSED', refused(7, 60_000)), ends('answerer')
  ]]
]

/** Longer steps are told by their length and SHA-256. */
const LONGEST_SHOWN = 4_096

export function exchangeVectors (): object[] {
  return EXCHANGES.map(([name, about, steps]) => ({
    name,
    about,
    steps: steps.map(step => 'end' in step ? step : { from: step.from, what: step.what, ...shown(step.bytes) }),
    asker: total(steps, 'asker'),
    answerer: total(steps, 'answerer')
  }))
}

function shown (bytes: Uint8Array): object {
  return bytes.byteLength <= LONGEST_SHOWN ? { bytes: hex(bytes) } : { length: bytes.byteLength, sha256: hex(sha256(bytes)) }
}

/** Everything that one side writes. */
function total (steps: readonly Step[], side: Side): object {
  const all = concat(...steps.flatMap(step => step.from === side && 'bytes' in step ? [step.bytes] : []))

  return { length: all.byteLength, sha256: hex(sha256(all)) }
}
