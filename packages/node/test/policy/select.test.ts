import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countCopies, distinctCopies, isWilling, networkOf, select } from '../../src/policy/select.ts'
import { addresses } from './places.ts'
import type { Candidate } from '../../src/policy/select.ts'

const NOW = 1_000

const candidate: fc.Arbitrary<Omit<Candidate, 'id'>> = fc.record({
  uptime: fc.nat(5),
  address: addresses,
  accepting: fc.boolean(),
  refusedUntil: fc.constantFrom(0, NOW, NOW + 1),
  holds: fc.boolean()
}, { requiredKeys: ['uptime'] })

const situation = fc.record({
  candidates: fc.array(candidate, { maxLength: 12 }).map(list => list.map((other, i) => ({ id: `peer ${i}`, ...other }))),
  present: fc.subarray(Array.from({ length: 12 }, (_, i) => i)).chain(ids => fc.tuple(...ids.map(i =>
    addresses.map(address => ({ id: `peer ${i}`, ...(address == null ? {} : { address }) }))))),
  count: fc.nat(6),
  seed: fc.nat()
})

function places (peers: ReadonlyArray<Pick<Candidate, 'address'>>): string[] {
  return peers.flatMap(({ address }) => address == null || address.startsWith('127.') || address === '::1' ? [] : [address])
}

/** How much a copy at `address` has in common with those that are there. */
function shared (address: string | undefined, others: ReadonlyArray<Pick<Candidate, 'address'>>): number {
  const [place] = places(address == null ? [] : [{ address }])

  if (place == null) {
    return 0
  }

  return places(others).includes(place) ? 2 : places(others).some(other => networkOf(other) === networkOf(place)) ? 1 : 0
}

describe('select', () => {
  it('picks as many as are willing and asked for, each once, none that is there already', () => {
    fc.assert(fc.property(situation, ({ candidates, present, count, seed }) => {
      const picks = select(candidates, { count, present, now: NOW }, seededRandom(seed))
      const willing = candidates.filter(({ id, accepting, refusedUntil = 0, holds }) =>
        (accepting !== false || holds === true) && refusedUntil <= NOW && !present.some(other => other.id === id))

      expect(picks).toHaveLength(Math.min(count, willing.length))
      expect(new Set(picks).size).toBe(picks.length)
      expect(willing.map(({ id }) => id)).toStrictEqual(expect.arrayContaining(picks))
    }), { numRuns: 1_000 })
  })

  it('gives the first place to who runs longest, if nobody is there yet, of those who have the record if there are any', () => {
    fc.assert(fc.property(situation, ({ candidates, seed }) => {
      const trusted = candidates.filter(other => isWilling(other, NOW) && other.refusedUntil !== NOW)
      fc.pre(trusted.length > 0)
      const [first] = select(candidates, { count: 1, present: [], now: NOW }, seededRandom(seed))

      const holding = trusted.filter(({ holds }) => holds === true)
      const best = holding.length > 0 ? holding : trusted

      expect(best.find(({ id }) => id === first)?.uptime).toBe(Math.max(...best.map(({ uptime }) => uptime)))
    }))
  })

  it('prefers another network to another host, and another host to the same, at every pick', () => {
    fc.assert(fc.property(situation, ({ candidates, present, count, seed }) => {
      const picks = select(candidates, { count, present, now: NOW }, seededRandom(seed))
      const taken: Array<Pick<Candidate, 'id' | 'address'>> = [...present]
      const left = new Map(candidates.filter(other => isWilling(other, NOW) && !present.some(({ id }) => id === other.id)).map(other => [other.id, other]))

      for (const id of picks) {
        const pick = left.get(id) as Candidate
        const trusted = [...left.values()].filter(({ refusedUntil }) => refusedUntil !== NOW)

        if (trusted.length > 0 && taken.length > 0) {
          const closest = Math.min(...trusted.map(({ address }) => shared(address, taken)))
          const equals = trusted.filter(({ address }) => shared(address, taken) === closest)

          expect(shared(pick.address, taken)).toBe(closest)
          // of equals those who have the record
          expect(pick.holds === true).toBe(equals.some(({ holds }) => holds === true))
        }

        left.delete(id)
        taken.push(pick)
      }
    }), { numRuns: 1_000 })
  })

  it('turns to those who refused before when nobody else is left, the longest ago first', () => {
    fc.assert(fc.property(situation, fc.infiniteStream(fc.nat(NOW)), ({ candidates, present, seed }, refusals) => {
      const list = candidates.map(candidate => ({ ...candidate, refusedUntil: (refusals.next().value ?? 0) % 3 === 0 ? 0 : refusals.next().value ?? 0 }))
      const picks = select(list, { count: list.length, present, now: NOW }, seededRandom(seed))
      const refused = picks.map(pick => list.find(({ id }) => id === pick)?.refusedUntil ?? 0)

      expect(refused).toStrictEqual(refused.toSorted((a, b) => a - b))
    }))
  })

  it('decides alike for the same randomness, and does not touch what it is given', () => {
    fc.assert(fc.property(situation, ({ candidates, present, count, seed }) => {
      const before = structuredClone({ candidates, present })
      const once = select(candidates, { count, present, now: NOW }, seededRandom(seed))

      expect(select(candidates, { count, present, now: NOW }, seededRandom(seed))).toStrictEqual(once)
      expect({ candidates, present }).toStrictEqual(before)
    }))
  })

  it('leaves the places after the first to chance, however long somebody runs', () => {
    const candidates = ['a', 'b', 'c', 'd', 'e'].map((id, uptime) => ({ id, uptime }))
    const seconds = Array.from({ length: 400 }, (_, seed) => select(candidates, { count: 2, present: [], now: NOW }, seededRandom(seed)))

    expect(new Set(seconds.map(([first]) => first))).toStrictEqual(new Set(['e']))

    for (const id of ['a', 'b', 'c', 'd']) {
      // 100 of 400 expected, standard deviation 8.7
      const times = seconds.filter(([, second]) => second === id).length
      expect(times).toBeGreaterThan(60)
      expect(times).toBeLessThan(140)
    }
  })

  it('takes the longest-running of so many that chance drew, if it is told to, and never one that is less distant', () => {
    const candidates = ['a', 'b', 'c', 'd', 'e'].map((id, uptime) => ({ id, uptime, address: `10.0.${uptime}.1` }))
    const near = { id: 'near', uptime: 9, address: '10.1.0.2' }
    const picks = (among: number): Set<string | undefined> => new Set(Array.from({ length: 200 }, (_, seed) =>
      select([...candidates, near], { count: 1, present: [{ id: 'there', address: '10.1.0.1' }], now: NOW, among }, seededRandom(seed))[0]))

    expect(picks(1)).toStrictEqual(new Set(['a', 'b', 'c', 'd', 'e']))
    // of four drawn out of five the first is never the longest-running
    expect(picks(4)).toStrictEqual(new Set(['d', 'e']))
    expect(picks(5)).toStrictEqual(new Set(['e']))
  })

  it('counts hosts and networks of those who are there, not of this machine', () => {
    const candidates = [
      { id: 'same host', uptime: 9, address: '10.0.0.1' },
      { id: 'same network', uptime: 8, address: '10.0.0.2' },
      { id: 'elsewhere', uptime: 1, address: '10.0.1.1' }
    ]
    const pick = (present: Array<{ id: string, address?: string }>): string[] => select(candidates, { count: 3, present, now: NOW }, seededRandom(1))

    expect(pick([{ id: 'x', address: '10.0.0.1' }])).toStrictEqual(['elsewhere', 'same network', 'same host'])
    expect(pick([])).toStrictEqual(['same host', 'elsewhere', 'same network'])

    const local = ['127.0.0.1', '::1', '::ffff:127.0.0.1', undefined].map((address, i) => ({ id: `${i}`, uptime: 0, ...(address == null ? {} : { address }) }))
    const orders = Array.from({ length: 100 }, (_, seed) => select(local, { count: 4, present: local.map(({ address }) => ({ id: 'x', ...(address == null ? {} : { address }) })), now: NOW }, seededRandom(seed)).join())

    // all 24 orders of four that are as good as each other
    expect(new Set(orders).size).toBeGreaterThan(20)
  })
})

describe('distinctCopies', () => {
  it('is one per address; this machine and the unknown count each', () => {
    const at = (...list: Array<string | undefined>): number => distinctCopies(list.map(address => address == null ? {} : { address }))

    expect(at()).toBe(0)
    expect(at('10.0.0.1', '10.0.0.1', '10.0.0.2')).toBe(2)
    expect(at('127.0.0.1', '127.0.0.1', '::1', undefined, undefined)).toBe(5)
    expect(at('2001:db8::1', '2001:db8::1', undefined)).toBe(2)
  })

  it('is all of them if each counts', () => {
    expect(distinctCopies([{ address: '10.0.0.1' }, { address: '10.0.0.1' }, {}], { countEach: true })).toBe(3)
  })

  it('is told with those that count as one', () => {
    const at = (...list: Array<string | undefined>): Array<{ peer: string, address?: string }> =>
      list.map((address, i) => ({ peer: `p${i}`, ...(address == null ? {} : { address }) }))
    const shared = at('10.0.0.1', '10.0.0.2', '10.0.0.1', '127.0.0.1', '127.0.0.1', undefined, undefined, '10.0.0.3')

    expect(countCopies(shared, {})).toStrictEqual({ have: 7, sameAddress: [{ address: '10.0.0.1', peers: ['p0', 'p2'] }] })
    expect(countCopies(shared, { countEach: true })).toStrictEqual({ have: 8 })
    expect(countCopies(at('10.0.0.1', '10.0.0.2'), {})).toStrictEqual({ have: 2 })
    fc.assert(fc.property(fc.array(addresses), list => {
      const { have, sameAddress = [] } = countCopies(at(...list), {})

      expect(have + sameAddress.reduce((more, { peers }) => more + peers.length - 1, 0)).toBe(list.length)
    }))
  })

  it('does not depend on the order, and one more holder adds one at most', () => {
    fc.assert(fc.property(fc.array(addresses), addresses, (list, one) => {
      const holders = list.map(address => address == null ? {} : { address })
      const copies = distinctCopies(holders)
      const more = distinctCopies([one == null ? {} : { address: one }, ...holders])

      expect(distinctCopies(holders.toReversed())).toBe(copies)
      expect(more - copies).toBe(one != null && places([{ address: one }]).length > 0 && list.includes(one) ? 0 : 1)
    }))
  })
})

describe('networkOf', () => {
  it('is the /24 of IPv4 and the /64 of IPv6, in whatever form', () => {
    expect(networkOf('192.0.2.77')).toBe(networkOf('192.0.2.1'))
    expect(networkOf('192.0.2.77')).not.toBe(networkOf('192.0.3.77'))
    expect(networkOf('::ffff:192.0.2.77')).toBe(networkOf('192.0.2.1'))

    const prefix = '2001:db8:0:1'

    for (const form of [`${prefix}::`, `${prefix}::9`, `${prefix}:1:2:3:4`, '2001:0DB8:0000:0001::1', '2001:db8::1:0:0:0:5', `${prefix}::1%eth0`]) {
      expect(networkOf(form), form).toBe(prefix)
    }

    for (const other of ['2001:db8:0:2::1', '2001:db8::1', '::1:0:0:0:0', 'fe80::1']) {
      expect(networkOf(other), other).not.toBe(prefix)
    }
  })

  it('is the same exactly for those whose first 24 or 64 bits are', () => {
    const v4 = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 })
    const v6 = fc.array(fc.constantFrom(0, 1, 0x0db8, 0xffff), { minLength: 8, maxLength: 8 })
    // as standards have it: shortened, in lower case
    const shortened = (groups: number[]): string => new URL(`http://[${groups.map(group => group.toString(16)).join(':')}]`).hostname.slice(1, -1)
    const written = (groups: number[]): string => groups.map(group => group.toString(16).padStart(4, '0').toUpperCase()).join(':')

    fc.assert(fc.property(v4, v4, (a, b) => {
      expect(networkOf(a.join('.')) === networkOf(b.join('.'))).toBe(a.slice(0, 3).join() === b.slice(0, 3).join())
    }))
    fc.assert(fc.property(v6, v6, (a, b) => {
      expect(networkOf(shortened(a)) === networkOf(written(b))).toBe(a.slice(0, 4).join() === b.slice(0, 4).join())
    }))
  })
})
