import { createHash, createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bytesAt, listAt, readFrames, readMessage, uintAt } from './plain-protobuf.ts'
import { specification, vectorBlocks } from './spec-document.ts'
import type { PlainMessage } from './plain-protobuf.ts'

/** A confidant of a few lines that knows SPEC.md and Node, and nothing else of this package. */

const blocks = new Map(vectorBlocks(specification).map(({ path, hex }) => [path, Buffer.from(hex, 'hex')]))
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), up to the key. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

function block (path: string): Uint8Array {
  const bytes = blocks.get(path)

  if (bytes == null) {
    throw new Error(`SPEC.md shows no ${path}`)
  }

  return bytes
}

/** Opens an envelope by the rules under "Signed envelopes". */
function openEnvelope (envelope: Uint8Array, domain: string, payloadType: string): { owner: Uint8Array, payload: PlainMessage, id: string } {
  const fields = readMessage(envelope)
  const [key, type, payload, signature] = [1, 2, 3, 5].map(field => bytesAt(fields, field)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const parts = [Buffer.from(domain), type, payload]
  const signed = Buffer.concat(parts.flatMap(part => [lengthOf(part), part]))
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, key.subarray(4)]), format: 'der', type: 'spki' })

  expect(Buffer.from(type).toString()).toBe(payloadType)
  expect(Buffer.from(key.subarray(0, 4)).toString('hex')).toBe('08011220')
  expect([...fields.keys()]).toEqual([1, 2, 3, 5])
  expect(verify(null, signed, publicKey, signature)).toBe(true)

  return { owner: Buffer.concat([Buffer.from('0024', 'hex'), key]), payload: readMessage(payload), id: sha256(payload) }
}

function lengthOf (part: Uint8Array): Uint8Array {
  return part.byteLength < 128 ? Uint8Array.of(part.byteLength) : Uint8Array.of(part.byteLength & 0x7f | 0x80, part.byteLength >> 7)
}

const openHeader = (envelope: Uint8Array): ReturnType<typeof openEnvelope> => openEnvelope(envelope, 'nara-stash-record', '/nara/stash/record/1')
const openPlacement = (envelope: Uint8Array): ReturnType<typeof openEnvelope> =>
  openEnvelope(envelope, 'nara-stash-placement', '/nara/stash/placement/1')

describe('from SPEC.md alone', () => {
  it('a STORE with its body inside can be kept', () => {
    const [message] = readFrames(block('messages/requests/store-inline/frame'))
    const store = readMessage(bytesAt(readMessage(message!), 1))
    const header = openHeader(bytesAt(store, 1))
    const placement = openPlacement(bytesAt(store, 2))
    const body = bytesAt(store, 5)

    expect(placement.owner).toEqual(header.owner)
    expect({ kind: uintAt(header.payload, 1), seq: uintAt(header.payload, 2), past: listAt(header.payload, 4) }).toEqual({ kind: 1, seq: 1, past: [] })
    expect(body.byteLength).toBe(uintAt(header.payload, 5))
    expect(sha256(body)).toBe(Buffer.from(bytesAt(header.payload, 6)).toString('hex'))
    expect(listAt(placement.payload, 2)).toHaveLength(3)
    expect([3, 4, 5, 7].map(field => uintAt(placement.payload, field))).toEqual([3, 2, 0, 604_800])
    expect(uintAt(store, 4)).toBe(604_800)
  })

  it.each(vectorBlocks(specification).filter(({ path }) => /^records\/.*envelope$/.test(path)))('$path has the id that is shown', ({ path }) => {
    expect(openHeader(block(path)).id).toBe(Buffer.from(block(path.replace('envelope', 'id'))).toString('hex'))
  })

  it.each(vectorBlocks(specification).filter(({ path }) => /^placements\/.*envelope$/.test(path)))('$path has the id that is shown', ({ path }) => {
    expect(openPlacement(block(path)).id).toBe(Buffer.from(block(path.replace('envelope', 'id'))).toString('hex'))
  })

  it('a history can be read: the third record builds on seq 2 of boot a1', () => {
    const past = listAt(openHeader(block('records/third/envelope')).payload, 4).map(readMessage)

    expect(past.map(entry => [Buffer.from(bytesAt(entry, 1)).toString('hex'), uintAt(entry, 2)])).toEqual([['a1'.repeat(8), 2]])
  })

  it('the statuses are those of the schema', () => {
    const statuses = Object.fromEntries(vectorBlocks(specification).flatMap(({ path }) => {
      const name = /^messages\/responses\/(.*)\/frame$/.exec(path)?.[1]

      return name == null ? [] : [[name, uintAt(readMessage(readFrames(block(path))[0]!), 1)]]
    }))

    expect(statuses).toEqual({
      send: 1, stored: 2, 'stored-promised': 2, have: 3, 'have-promised': 3, 'have-leaving': 3, stale: 4, 'stale-known': 4, conflict: 5, refused: 6, unsupported: 6, 'found-header': 7,
      'found-whole': 7, 'found-streamed': 7, 'found-leaving': 7, 'found-marked': 7, 'found-tombstone': 7, witnessed: 7, 'witnessed-beside': 7, 'witnessed-refused': 7, 'not-found': 8,
      'not-found-leaving': 8, wanted: 9, newer: 10, relieved: 11, proof: 12, 'proof-leaving': 12, 'proof-marked': 12, other: 13, 'other-placement': 13, busy: 14
    })
  })

  it('a CHALLENGE can be answered by who has the body', () => {
    const [request] = readFrames(block('messages/requests/challenge/frame'))
    const [response] = readFrames(block('messages/responses/proof/frame'))
    const challenge = readMessage(bytesAt(readMessage(request!), 4))
    const [owner, recordId, nonce] = [1, 2, 3].map(field => bytesAt(challenge, field)) as [Uint8Array, Uint8Array, Uint8Array]
    const header = openHeader(block('records/first/envelope'))
    const prover = listAt(openPlacement(block('placements/placed/envelope')).payload, 2)[0]!

    expect([Buffer.from(owner), Buffer.from(recordId).toString('hex')]).toEqual([header.owner, header.id])
    expect(sha256(Buffer.concat([
      Buffer.from('nara-stash-proof/1'), nonce, Uint8Array.of(prover.byteLength), prover, recordId, block('bodies/bodies/first/body')
    ]))).toBe(Buffer.from(bytesAt(readMessage(response!), 10)).toString('hex'))
  })

  it('a tombstone is a STORE without a body', () => {
    const [message] = readFrames(block('messages/requests/store-tombstone/frame'))
    const store = readMessage(bytesAt(readMessage(message!), 1))
    const { payload } = openHeader(bytesAt(store, 1))

    expect([1, 5].map(field => uintAt(payload, field))).toEqual([2, 0])
    expect([payload.has(6), store.has(5)]).toEqual([false, false])
  })

  it('an OFFER brings the very body that was stored', () => {
    const body = readFrames(block('exchanges/offer-wanted/steps/2/bytes'))

    expect(body).toHaveLength(1)
    expect(sha256(body[0]!)).toBe(Buffer.from(block('bodies/bodies/first/bodySha256')).toString('hex'))
  })
})
