import { peerIdFromString } from '@libp2p/peer-id'
import { seededRandom, testKey } from '@nara-stash/testing'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { SURROGATE_CHOICE } from '../../src/constants.ts'
import { distinctCopies, isWilling } from '../../src/policy/select.ts'
import { admitsSurrogate, pickSurrogate, rankOf } from '../../src/policy/surrogate.ts'
import { addresses } from './places.ts'
import type { SurrogateInput } from '../../src/policy/surrogate.ts'

const NOW = 1_000_000
const record = '0a'.repeat(32)
let peers: string[] = []

beforeAll(() => { peers = [1, 2, 3, 4].map(n => testKey(n).id) })

describe('the rank among the holders of a record', () => {
  it('is the SHA-256 of the record\'s id and the peer\'s multihash', async () => {
    const bytes = new Uint8Array([...new Uint8Array(32).fill(0x0a), ...peerIdFromString(testKey(1).id).toMultihash().bytes])
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    expect(rankOf(record, testKey(1).id)).toBe(Buffer.from(digest).toString('hex'))
  })

  it('is 64 hex digits, always the same ones, and nobody else\'s', () => {
    const records = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes).toString('hex'))

    fc.assert(fc.property(records, fc.subarray([1, 2, 3, 4], { minLength: 2, maxLength: 2 }), (recordId, [a = 0, b = 0]) => {
      const [one, other] = [testKey(a).id, testKey(b).id]

      expect(rankOf(recordId, one)).toMatch(/^[\da-f]{64}$/)
      expect(rankOf(recordId, one)).toBe(rankOf(recordId, one))
      expect(rankOf(recordId, one)).not.toBe(rankOf(recordId, other))
    }))
  })

  it('is another one for another record', () => {
    const orders = ['0b', '0c', '0d', '0e', '0f', '10'].map(byte => peers.toSorted((a, b) => rankOf(byte.repeat(32), a) < rankOf(byte.repeat(32), b) ? -1 : 1).join())
    expect(new Set(orders).size).toBeGreaterThan(1)
  })
})

it('who may be asked is who the owner named, and besides whom it allows', () => {
  fc.assert(fc.property(fc.subarray(['a', 'b', 'c']), fc.subarray(['a', 'b', 'c']), fc.constantFrom('any' as const, 'listed' as const, 'none' as const), fc.constantFrom('a', 'b', 'c'), (holders, allowed, surrogates, peer) => {
    const isNamed = holders.includes(peer)
    const expected = { any: true, listed: isNamed || allowed.includes(peer), none: isNamed }[surrogates]

    return admitsSurrogate({ holders, surrogates, allowed }, peer) === expected
  }))
})

const inputs: fc.Arbitrary<SurrogateInput> = fc.record({
  now: fc.constant(NOW),
  target: fc.integer({ min: 1, max: 5 }),
  minCopies: fc.integer({ min: 1, max: 5 }),
  present: fc.uniqueArray(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), address: addresses }), { selector: ({ id }) => id, minLength: 1 }),
  candidates: fc.uniqueArray(fc.record({
    id: fc.constantFrom('c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'),
    uptime: fc.nat({ max: 100 }),
    address: addresses,
    accepting: fc.option(fc.boolean(), { nil: undefined })
  }), { selector: ({ id }) => id }).map(list => list.map(({ accepting, ...candidate }) => ({ ...candidate, ...(accepting == null ? {} : { accepting }) })))
})

describe('whom a holder asks for a copy', () => {
  const always = (claim: (of: SurrogateInput, picked: string | undefined) => boolean): void => {
    fc.assert(fc.property(inputs, fc.nat(), (of, seed) => claim(of, pickSurrogate(of, seededRandom(seed)))), { numRuns: 2_000 })
  }
  const addsPlace = ({ present, candidates }: SurrogateInput, peer: string): boolean =>
    distinctCopies([...present, ...candidates.filter(({ id }) => id === peer)]) > distinctCopies(present)

  it('is willing, and has none', () => {
    always(({ present, candidates, now }, picked) => picked == null ||
      (!present.some(({ id }) => id === picked) && candidates.some(candidate => candidate.id === picked && isWilling(candidate, now))))
  })

  it('with as many holders as wanted adds a place', () => {
    always((of, picked) => picked == null || of.present.length < of.target || addsPlace(of, picked))
  })

  it('is somebody if anybody is of use', () => {
    always((of, picked) => picked != null || !of.candidates.some(candidate =>
      !of.present.some(({ id }) => id === candidate.id) && isWilling(candidate, of.now) && (of.present.length < of.target || addsPlace(of, candidate.id))))
  })

  it('is the longest-running of a few that are alike', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: SURROGATE_CHOICE }), fc.nat(), (uptimes, seed) => {
      const candidates = uptimes.map((uptime, i) => ({ id: `${i}`, uptime, address: `10.${i}.0.1` }))
      const picked = pickSurrogate({ now: NOW, target: 3, minCopies: 2, present: [{ id: 'self' }], candidates }, seededRandom(seed))

      return candidates.find(({ id }) => id === picked)?.uptime === Math.max(...uptimes)
    }))
  })

  it('changes nothing that it is given, and is the same for the same', () => {
    always((of, picked) => {
      const copy = structuredClone(of)
      const again = pickSurrogate(of, seededRandom(3))

      return again === pickSurrogate(of, seededRandom(3)) && JSON.stringify(copy) === JSON.stringify(of) && (picked == null) === (again == null)
    })
  })
})
