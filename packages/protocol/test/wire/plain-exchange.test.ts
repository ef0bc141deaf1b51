import { sealedPlacement, sealedRecord, testBoot, testKey } from '@nara-stash/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../../src/wire/ask.ts'
import { answering } from './answering.ts'
import { streamPair } from './stream-pair.ts'
import type { Placement, PlainRequest, StashResponse } from '../../src/index.ts'
import type { RecordHeader } from '../../src/record/header.ts'

const owner = testKey(1)
let placement: Placement
let record: RecordHeader
let beside: RecordHeader
let foreign: RecordHeader

beforeAll(async () => {
  placement = await sealedPlacement(owner)
  record = (await sealedRecord({ key: owner })).record
  beside = (await sealedRecord({ key: owner, boot: testBoot(2) })).record
  foreign = (await sealedRecord({ key: testKey(2) })).record
})

const challenge = (): PlainRequest => ({ type: 'challenge', owner: owner.id, recordId: record.id, nonce: new Uint8Array(32).fill(7) })
const release = (): PlainRequest => ({ type: 'release', owner: owner.id, recordId: record.id, reason: 'leaving' })
const witness = (): PlainRequest => ({ type: 'witness' })
const proof = new Uint8Array(32).fill(9)

/** One whole exchange; afterwards neither muxer may have a stream left. */
async function exchange (request: PlainRequest, response: StashResponse, self = owner.id): Promise<StashResponse> {
  const { near, far, muxers } = await streamPair()
  const side = answering()
  const answered = side.on(far, async () => response)

  try {
    return await ask(near, request, { clock: side.clock, self })
  } finally {
    await answered
    expect(side.requests).toEqual([request])
    expect({ near: muxers.near.streams.length, far: muxers.far.streams.length, pending: side.clock.pending }).toEqual({ near: 0, far: 0, pending: 0 })
  }
}

describe('a request without a body brings', () => {
  it.each<[string, () => PlainRequest, () => StashResponse]>([
    ['a proof', challenge, () => ({ type: 'proof', proof, leaving: false })],
    ['a proof from who leaves', challenge, () => ({ type: 'proof', proof, leaving: true })],
    ['another record', challenge, () => ({ type: 'other', record: beside, leaving: false })],
    ['another record and who holds it', challenge, () => ({ type: 'other', record: beside, placement, leaving: true })],
    ['nothing, to a challenge', challenge, () => ({ type: 'not-found' })],
    ['a wish to be asked later', challenge, () => ({ type: 'busy', retryAfter: 60_000 })],
    ['what was seen', witness, () => ({ type: 'witnessed', record })],
    ['what was seen, and what a twin wrote', witness, () => ({ type: 'witnessed', record, beside })],
    ['nothing seen', witness, () => ({ type: 'not-found' })],
    ['have', release, () => ({ type: 'have' })],
    ['have, from who leaves', release, () => ({ type: 'have', leaving: true })],
    ['nothing, from who leaves', release, () => ({ type: 'not-found', leaving: true })],
    ['a refusal', release, () => ({ type: 'refused', reason: 'not trusted', retryAfter: 1 })]
  ])('%s', async (_, request, response) => {
    expect(await exchange(request(), response())).toEqual(response())
  })
})

describe('an answer that the request does not allow', () => {
  it.each<[string, () => PlainRequest, () => StashResponse]>([
    ['found to a challenge', challenge, () => ({ type: 'found', record, placement, liveHolders: [], leaseRemaining: 1, direct: true })],
    ['have to a challenge', challenge, () => ({ type: 'have' })],
    ['witnessed to a challenge', challenge, () => ({ type: 'witnessed', record })],
    ['witnessed to a fetch', () => ({ type: 'fetch', whole: false }), () => ({ type: 'witnessed', record })],
    ['found to a question for a witness', witness, () => ({ type: 'found', record, placement, liveHolders: [], leaseRemaining: 1, direct: true })],
    ['a proof to a release', release, () => ({ type: 'proof', proof, leaving: false })],
    ['busy to a release', release, () => ({ type: 'busy', retryAfter: 1 })],
    ['another owner\'s record to a challenge', challenge, () => ({ type: 'other', record: foreign, leaving: false })],
    ['another owner\'s record to a question for a witness', witness, () => ({ type: 'witnessed', record: foreign })]
  ])('%s', async (_, request, response) => {
    await expect(exchange(request(), response())).rejects.toMatchObject({ name: 'ProtocolViolationError' })
  })

  it('the owner of what is challenged need not be who asks', async () => {
    expect(await exchange(challenge(), { type: 'other', record: beside, leaving: false }, testKey(9).id)).toMatchObject({ type: 'other' })
  })
})

it('a handler that wants a body where none comes is a bug of ours: the stream is reset, and it is told', async () => {
  const { near, far } = await streamPair()
  const side = answering()
  const answered = side.on(far, side.wanting('send'))

  await expect(ask(near, challenge(), { clock: side.clock })).rejects.toMatchObject({ name: 'UnreachableError' })
  await answered
  expect(side.bodies).toEqual(['abandoned'])
  expect(String(side.logged)).toContain('a challenge brings no body')
})
