import { toString } from 'uint8arrays/to-string'
import { concat } from 'uint8arrays/concat'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSha256, openHeader, openPlacement, systemClock } from '../../src/index.ts'
import { ask } from '../../src/wire/ask.ts'
import { answering } from '../wire/answering.ts'
import { streamPair } from '../wire/stream-pair.ts'
import { bytesOf, committed, named, peers, streamedBody } from './committed.ts'
import { bytesAt, readFrames, readMessage } from './plain-protobuf.ts'
import type { RequestHandler, StashRequest, StashResponse } from '../../src/index.ts'
import type { ExchangeVector } from './committed.ts'
import type { Stream } from '@libp2p/interface'

const exchanges = committed('exchanges')
const [c1, c2, owner] = ['c1', 'c2', 'owner'].map(name => named(peers, name).peerId) as [string, string, string]

interface Case {
  request: StashRequest
  /** What the answering side decides. */
  handler: RequestHandler
  outcome: StashResponse
}

let cases: Record<string, Case>

beforeAll(async () => {
  const record = async (name: string) => await openHeader(bytesOf(named(committed('records'), name).envelope))
  const placement = await openPlacement(bytesOf(named(committed('placements'), 'placed').envelope))
  const [first, second, third] = await Promise.all([record('first'), record('second'), record('third')])
  const stored = readFrames(bytesOf(named(committed('messages').requests, 'store-inline').frame))[0]!
  const body = bytesAt(readMessage(bytesAt(readMessage(stored), 1)), 5)
  const proof = named(committed('proofs'), 'first')
  const side = answering()
  const says = (outcome: StashResponse): Pick<Case, 'handler' | 'outcome'> => ({ handler: async () => outcome, outcome })
  const takes = (type: 'send' | 'wanted'): Pick<Case, 'handler' | 'outcome'> => ({ handler: side.wanting(type), outcome: { type: 'stored' } })

  const store: StashRequest = { type: 'store', record: first, placement, liveHolders: [], leaseRemaining: 604_800, body }
  const large: StashRequest = { ...store, record: third, liveHolders: [c1], body: streamedBody }
  const offer: StashRequest = { ...store, type: 'offer', liveHolders: [c1, c2], leaseRemaining: 600_000, direct: true }
  const found = { type: 'found' as const, record: first, placement, liveHolders: [c1, c2], leaseRemaining: 604_800, direct: true }

  cases = {
    'store-inline': { request: store, ...takes('send') },
    'store-streamed': { request: large, ...takes('send') },
    'store-refused': { request: large, ...says({ type: 'refused', reason: 'at capacity', retryAfter: 60_000 }) },
    'store-stale': { request: store, ...says({ type: 'stale', record: second, placement }) },
    'fetch-header': { request: { type: 'fetch', whole: false }, ...says(found) },
    'fetch-whole': { request: { type: 'fetch', whole: true }, ...says({ ...found, body }) },
    'fetch-streamed': { request: { type: 'fetch', whole: true }, ...says({ ...found, record: third, body: streamedBody }) },
    'fetch-nothing': { request: { type: 'fetch', whole: false }, ...says({ type: 'not-found' }) },
    'offer-wanted': { request: offer, ...takes('wanted') },
    'offer-relieved': { request: offer, ...says({ type: 'relieved' }) },
    'store-tombstone': {
      request: { ...store, record: await record('tombstone'), body: new Uint8Array() }, ...says({ type: 'stored' })
    },
    challenge: {
      request: { type: 'challenge', owner: first.owner, recordId: first.id, nonce: bytesOf(proof.nonce) },
      ...says({ type: 'proof', proof: bytesOf(proof.proof), leaving: false })
    },
    witness: { request: { type: 'witness' }, ...says({ type: 'witnessed', record: second, beside: await record('twin') }) },
    release: { request: { type: 'release', owner: first.owner, recordId: first.id, reason: 'leaving' }, ...says({ type: 'have' }) }
  }
})

/** Notes every byte that a stream is given to send. */
function noteSent (stream: Stream): () => Uint8Array {
  const chunks: Uint8Array[] = []
  const send = stream.send.bind(stream)

  stream.send = data => {
    chunks.push(new Uint8Array(data.subarray()))

    return send(data)
  }

  return () => concat(chunks)
}

function expectBytes (sent: Uint8Array, side: 'asker' | 'answerer', exchange: ExchangeVector): void {
  expect({ length: sent.byteLength, sha256: toString(createSha256().update(sent).digest(), 'base16') }).toEqual(exchange[side])

  const steps = exchange.steps.filter(({ from, end }) => from === side && end == null)
  const frames = readFrames(sent)

  expect(frames).toHaveLength(steps.length)
  steps.forEach(({ bytes }, i) => {
    if (bytes != null) {
      expect(toString(frames[i]!, 'base16')).toBe(toString(readFrames(bytesOf(bytes))[0]!, 'base16'))
    }
  })
}

describe('our two sides say these bytes to each other', () => {
  const ours = exchanges.filter(({ name }) => name !== 'unknown-request')

  it('all of them', () => {
    expect(ours.map(({ name }) => name)).toEqual(Object.keys(cases))
  })

  it.each(ours)('$name', async exchange => {
    const { request, handler, outcome } = cases[exchange.name]!
    const { near, far } = await streamPair()
    const sent = { asker: noteSent(near), answerer: noteSent(far) }
    const side = answering()
    const answered = side.on(far, handler)

    expect(await ask(near, request, { clock: systemClock, self: owner })).toEqual(outcome)
    await answered
    expectBytes(sent.asker(), 'asker', exchange)
    expectBytes(sent.answerer(), 'answerer', exchange)
    expect(side.violations).toEqual([])
  })

  it('unknown-request: a request of a later version is answered, not reset', async () => {
    const exchange = named(exchanges, 'unknown-request')
    const { near, far } = await streamPair()
    const sent = noteSent(far)
    const side = answering()
    const answered = side.on(far, async () => { throw new Error('nobody is asked') })

    near.send(bytesOf(exchange.steps[0]!.bytes!))
    await near.close()
    await answered
    expectBytes(sent(), 'answerer', exchange)
    expect(side.violations).toEqual([])
  })
})

describe('the asking side takes what a compatible peer says', () => {
  it.each(exchanges.filter(({ name, steps }) => name !== 'unknown-request' && steps.every(({ bytes, end }) => bytes != null || end === true)))(
    '$name', async ({ name, steps }) => {
      const { request, outcome } = cases[name]!
      const { near, far } = await streamPair()
      const said = steps.flatMap(({ from, bytes }) => from === 'answerer' && bytes != null ? [bytesOf(bytes)] : [])
      const asked = ask(near, request, { clock: systemClock, self: owner })

      said.forEach(bytes => { far.send(bytes) })
      await far.close()
      expect(await asked).toEqual(outcome)
    })
})
