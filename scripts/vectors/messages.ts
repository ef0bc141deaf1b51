import { concat, fromHex, hex } from './bytes.ts'
import { bodies } from './bodies.ts'
import { c1, c2 } from './peers.ts'
import { ids, placed } from './placements.ts'
import { bool, bytes, framed, message, number, present, repeated } from './protobuf.ts'
import { first, second, third } from './records.ts'
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

export function offer (fields: Carrier, direct: boolean): Uint8Array {
  return present(3, message(carrier(fields), bool(5, direct)))
}

export function status (code: number): Uint8Array {
  return number(1, code)
}

export function heldInstead (code: number, record: RecordVector, placement?: PlacementVector): Uint8Array {
  return message(number(1, code), bytes(2, record.envelope), ...(placement == null ? [] : [bytes(3, placement.envelope)]))
}

export function refused (reason: number, retryAfter: number): Uint8Array {
  return message(number(1, 6), number(6, reason), number(7, retryAfter))
}

export function found ({ record, placement, liveHolders = [], lease = LEASE }: Carrier, direct: boolean, body?: Uint8Array): Uint8Array {
  return message(
    number(1, 7), bytes(2, record.envelope), bytes(3, placement.envelope), repeated(4, liveHolders.map(fromHex)), bool(5, direct),
    ...(body == null ? [] : [present(8, body)]), number(9, lease)
  )
}

export const storeInline = store({ record: first, placement: placed }, bodies.first)
export const storeStreamed = store({ record: third, placement: placed, liveHolders: ids(c1) })
export const offerFirst = offer({ record: first, placement: placed, liveHolders: ids(c1, c2), lease: 600_000 }, true)
export const foundHeader = found({ record: first, placement: placed, liveHolders: ids(c1, c2) }, true)
export const foundWhole = found({ record: first, placement: placed, liveHolders: ids(c1, c2) }, true, bodies.first)
export const foundStreamed = found({ record: third, placement: placed, liveHolders: ids(c1, c2) }, true)

const requests: Message[] = [
  { name: 'store-inline', about: 'STORE of the first record, its body inside', bytes: storeInline },
  { name: 'store-streamed', about: 'STORE of the third record, whose body follows if it is wanted; c1 has a copy already', bytes: storeStreamed },
  { name: 'fetch-header', about: 'FETCH of the header', bytes: fetch(false) },
  { name: 'fetch-whole', about: 'FETCH of the whole', bytes: fetch(true) },
  { name: 'offer', about: 'OFFER of the first record by c1, which has it from the owner itself', bytes: offerFirst }
]

const responses: Message[] = [
  { name: 'send', about: 'to STORE', bytes: status(1) },
  { name: 'stored', about: 'to STORE and OFFER', bytes: status(2) },
  { name: 'have', about: 'to STORE and OFFER', bytes: status(3) },
  { name: 'stale', about: 'to a STORE of the first record by its owner: the second is held, with its placement', bytes: heldInstead(4, second, placed) },
  { name: 'stale-known', about: 'the same from a nara that does not hold the second record, or to a holder: no placement', bytes: heldInstead(4, second) },
  { name: 'conflict', about: 'to STORE and OFFER', bytes: heldInstead(5, second, placed) },
  { name: 'refused', about: 'at capacity, ask again in a minute', bytes: refused(1, 60_000) },
  { name: 'unsupported', about: 'to a request that is not known', bytes: refused(7, 60_000) },
  { name: 'found-header', about: 'to a FETCH of the header', bytes: foundHeader },
  { name: 'found-whole', about: 'to a FETCH of the whole: the body is at most 16 KiB, so it is inside', bytes: foundWhole },
  { name: 'found-streamed', about: 'to a FETCH of the whole: the body is longer and follows', bytes: foundStreamed },
  { name: 'not-found', about: 'to FETCH', bytes: status(8) },
  { name: 'wanted', about: 'to OFFER', bytes: status(9) },
  { name: 'newer', about: 'to OFFER', bytes: heldInstead(10, second) },
  { name: 'relieved', about: 'to OFFER', bytes: status(11) }
]

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
  ['an end amid an unknown request', 'request', fromHex('220308')],
  ['a status twice', 'response', concat(status(2), status(2))],
  ['a status that is not in its shortest form', 'response', fromHex('088200')],
  ['a record that is a number', 'response', concat(status(3), number(2, 1))],
  ['retry_after_ms 2^32', 'response', refused(1, 2 ** 32)]
]

export function messageVectors (): object {
  const shown = ({ name, about, bytes }: Message): object => ({ name, about, frame: hex(framed(bytes)) })

  return {
    requests: requests.map(shown),
    responses: responses.map(shown),
    unknownRequest: hex(framed(present(4, number(1, 1)))),
    malformed: malformed.map(([why, kind, message]) => ({ why, kind, frame: hex(framed(message)) }))
  }
}
