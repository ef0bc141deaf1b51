import { toString } from 'uint8arrays/to-string'
import { beforeAll, describe, expect, it } from 'vitest'
import { openHeader, openPlacement } from '../../src/index.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../src/wire/codec.ts'
import { bytesOf, committed, named, peers, streamedBody } from './committed.ts'
import { bytesAt, readFrames, readMessage } from './plain-protobuf.ts'
import type { Placement, RecordHeader, StashRequest } from '../../src/index.ts'
import type { WireResponse } from '../../src/wire/codec.ts'

const { requests, responses, malformed, unknownRequest } = committed('messages')
const c1 = named(peers, 'c1').peerId
const c2 = named(peers, 'c2').peerId
const week = 604_800
const NOTHING = new Uint8Array()

interface Known {
  first: RecordHeader
  second: RecordHeader
  third: RecordHeader
  twin: RecordHeader
  tombstone: RecordHeader
  placement: Placement
  begun: Placement
  body: Uint8Array
}

let known: Known

beforeAll(async () => {
  const record = async (name: string): Promise<RecordHeader> => await openHeader(bytesOf(named(committed('records'), name).envelope))
  const placement = await openPlacement(bytesOf(named(committed('placements'), 'placed').envelope))
  const begun = await openPlacement(bytesOf(named(committed('placements'), 'begun').envelope))
  // the sealed body, as it lies in the message: read without our codec
  const body = bytesAt(readMessage(bytesAt(readMessage(messageOf('store-inline')), 1)), 5)

  const [first, second, third, twin, tombstone] = await Promise.all(['first', 'second', 'third', 'twin', 'tombstone'].map(record))

  known = { first, second, third, twin, tombstone, placement, begun, body } as Known
})

function messageOf (name: string): Uint8Array {
  const { frame } = named([...requests, ...responses], name)
  const [message, ...more] = readFrames(bytesOf(frame))

  expect(more).toEqual([])

  return message!
}

const REQUESTS: Record<string, (known: Known) => { request: StashRequest, inline: boolean }> = {
  'store-inline': ({ first, placement, body }) => ({
    request: { type: 'store', record: first, placement, liveHolders: [], leaseRemaining: week, body }, inline: true
  }),
  'store-streamed': ({ third, placement }) => ({
    request: { type: 'store', record: third, placement, liveHolders: [c1], leaseRemaining: week, body: streamedBody }, inline: false
  }),
  'fetch-header': () => ({ request: { type: 'fetch', whole: false }, inline: false }),
  'fetch-whole': () => ({ request: { type: 'fetch', whole: true }, inline: false }),
  offer: ({ first, placement, body }) => ({
    request: { type: 'offer', record: first, placement, liveHolders: [c1, c2], leaseRemaining: 600_000, direct: true, body }, inline: false
  }),
  'store-tombstone': ({ tombstone, placement }) => ({
    request: { type: 'store', record: tombstone, placement, liveHolders: [], leaseRemaining: week, body: NOTHING }, inline: true
  }),
  'offer-tombstone': ({ tombstone, placement }) => ({
    request: { type: 'offer', record: tombstone, placement, liveHolders: [], leaseRemaining: 2 * week, direct: true, body: NOTHING }, inline: false
  }),
  'offer-marked': ({ first, placement, body }) => ({
    request: { type: 'offer', record: first, placement, liveHolders: [c1, c2], leaseRemaining: 600_000, direct: true, mayBeDeleted: true, body }, inline: false
  }),
  challenge: ({ first: { owner, id } }) => ({
    request: { type: 'challenge', owner, recordId: id, nonce: bytesOf(named(committed('proofs'), 'first').nonce) }, inline: false
  }),
  witness: () => ({ request: { type: 'witness' }, inline: false }),
  'witness-boot': () => ({ request: { type: 'witness', boot: 'a1'.repeat(8) }, inline: false }),
  'witness-twin': () => ({ request: { type: 'witness', twin: 'b2'.repeat(8) }, inline: false }),
  release: ({ first: { owner, id } }) => ({ request: { type: 'release', owner, recordId: id, reason: 'leaving' }, inline: false }),
  'release-trimmed': ({ first: { owner, id } }) => ({ request: { type: 'release', owner, recordId: id, reason: 'trimmed' }, inline: false })
}

const RESPONSES: Record<string, (known: Known) => WireResponse> = {
  send: () => ({ type: 'send' }),
  stored: () => ({ type: 'stored' }),
  'stored-promised': () => ({ type: 'stored', promised: week }),
  have: () => ({ type: 'have' }),
  'have-promised': () => ({ type: 'have', promised: 86_400 }),
  'have-leaving': () => ({ type: 'have', leaving: true }),
  stale: ({ second, placement }) => ({ type: 'stale', record: second, placement }),
  'stale-known': ({ second }) => ({ type: 'stale', record: second }),
  conflict: ({ second, placement }) => ({ type: 'conflict', record: second, placement }),
  refused: () => ({ type: 'refused', reason: 'at capacity', retryAfter: 60_000 }),
  unsupported: () => ({ type: 'refused', reason: 'unsupported', retryAfter: 60_000 }),
  'found-header': ({ first, placement }) => foundOf(first, placement),
  'found-whole': ({ first, placement, body }) => ({ ...foundOf(first, placement), body }),
  'found-streamed': ({ third, placement }) => foundOf(third, placement),
  'found-leaving': ({ first, placement }) => ({ ...foundOf(first, placement), leaving: true }),
  'found-marked': ({ first, placement }) => ({ ...foundOf(first, placement), mayBeDeleted: true }),
  'found-tombstone': ({ tombstone, placement }) => ({ ...foundOf(tombstone, placement), liveHolders: [], leaseRemaining: 2 * week }),
  witnessed: ({ second }) => ({ type: 'witnessed', record: second }),
  'witnessed-beside': ({ second, twin }) => ({ type: 'witnessed', record: second, beside: twin }),
  'witnessed-refused': ({ second, twin, begun }) => ({ type: 'witnessed', record: second, beside: twin, besidePlacement: begun }),
  'not-found': () => ({ type: 'not-found' }),
  'not-found-leaving': () => ({ type: 'not-found', leaving: true }),
  wanted: () => ({ type: 'wanted' }),
  newer: ({ second }) => ({ type: 'newer', record: second }),
  relieved: () => ({ type: 'relieved' }),
  proof: () => ({ type: 'proof', proof: bytesOf(named(committed('proofs'), 'first').proof), leaving: false }),
  'proof-leaving': () => ({ type: 'proof', proof: bytesOf(named(committed('proofs'), 'first').proof), leaving: true }),
  'proof-marked': () => ({ type: 'proof', proof: bytesOf(named(committed('proofs'), 'first').proof), leaving: false, mayBeDeleted: true }),
  other: ({ second }) => ({ type: 'other', record: second, leaving: false }),
  'other-placement': ({ second, placement }) => ({ type: 'other', record: second, placement, leaving: false }),
  busy: () => ({ type: 'busy', retryAfter: 60_000 })
}

function foundOf (record: RecordHeader, placement: Placement): Extract<WireResponse, { type: 'found' }> {
  return { type: 'found', record, placement, liveHolders: [c1, c2], leaseRemaining: week, direct: true }
}

describe('requests', () => {
  it('are all here', () => {
    expect(Object.keys(REQUESTS)).toEqual(requests.map(({ name }) => name))
  })

  it.each(Object.keys(REQUESTS))('%s', async name => {
    const { request, inline } = REQUESTS[name]!(known)
    const { body, ...rest } = { body: undefined, ...request }

    expect(toString(encodeRequest(request, inline), 'base16')).toBe(toString(messageOf(name), 'base16'))
    expect(await decodeRequest(messageOf(name))).toEqual({ request: rest, body: inline && body !== NOTHING ? body : undefined })
  })

  it('of a later version are told from malformed ones', async () => {
    expect(await decodeRequest(readFrames(bytesOf(unknownRequest))[0]!)).toBeUndefined()
  })
})

describe('responses', () => {
  it('are all here', () => {
    expect(Object.keys(RESPONSES)).toEqual(responses.map(({ name }) => name))
  })

  it.each(Object.keys(RESPONSES))('%s', async name => {
    const response = RESPONSES[name]!(known)

    expect(toString(encodeResponse(response, true), 'base16')).toBe(toString(messageOf(name), 'base16'))
    expect(await decodeResponse(messageOf(name))).toEqual(response)
  })
})

describe('malformed', () => {
  it.each(malformed)('a $kind with $why', async ({ kind, frame }) => {
    const [message] = readFrames(bytesOf(frame))

    await expect(kind === 'request' ? decodeRequest(message!) : decodeResponse(message!)).rejects.toMatchObject({ name: 'MalformedError' })
  })
})
