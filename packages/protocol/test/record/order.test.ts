import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PAST } from '../../src/constants.ts'
import { sealHeader } from '../../src/record/header.ts'
import { newestOf, order, pastOf, supersedesOrIs } from '../../src/record/order.ts'
import { bootName, histories, write } from './histories.ts'
import { play, schedules } from './owner-model.ts'
import { ownerKey } from './owners.ts'
import type { Written } from './histories.ts'
import type { Rule } from './owner-model.ts'
import type { Order, Ordered } from '../../src/record/order.ts'

const few = histories(6, { minLength: 1, maxLength: 25 })
/** More boots than a record remembers; almost every record is another's. */
const many = histories(1_000, { minLength: 100, maxLength: 140, size: 'max' })

const MIRROR: Record<Order, Order> = { same: 'same', supersedes: 'superseded', superseded: 'supersedes', conflict: 'conflict' }

function truth (a: Written, b: Written): Order {
  return a.id === b.id ? 'same' : a.ancestors.has(b.id) ? 'supersedes' : b.ancestors.has(a.id) ? 'superseded' : 'conflict'
}

function pairs <T> (list: readonly T[]): Array<[T, T]> {
  return list.flatMap(a => list.map((b): [T, T] => [a, b]))
}

/** Anything that passes the rules of a header, by whatever liar it was signed. An id stands for all that a record says. */
const lies: fc.Arbitrary<Ordered> = fc.record({
  variant: fc.boolean(),
  boot: fc.constantFrom('a', 'b', 'c'),
  seq: fc.integer({ min: 1, max: 6 }),
  past: fc.uniqueArray(
    fc.record({ boot: fc.constantFrom('a', 'b', 'c'), seq: fc.integer({ min: 1, max: 5 }) }), { selector: ({ boot }) => boot }
  )
}).map(({ variant, boot, seq, past }) => {
  const claims = { boot, seq, past: past.filter(entry => entry.boot !== boot && entry.seq < seq).sort((a, b) => a.seq - b.seq) }

  return { ...claims, id: JSON.stringify({ ...claims, variant }) }
})

describe('the order of honest records', () => {
  it('is that of what they really build on', () => {
    fc.assert(fc.property(few, (history) => {
      for (const [a, b] of pairs(history)) {
        expect(order(a, b)).toBe(truth(a, b))
      }
    }), { numRuns: 500 })
  })

  it('is irreflexive, antisymmetric and transitive', () => {
    fc.assert(fc.property(few, (history) => {
      for (const [a, b] of pairs(history)) {
        expect(order(a, { ...a })).toBe('same')
        expect(order(b, a)).toBe(MIRROR[order(a, b)])

        if (order(a, b) === 'supersedes') {
          for (const c of history.filter(c => order(b, c) === 'supersedes')) {
            expect(order(a, c)).toBe('supersedes')
          }
        }
      }
    }), { numRuns: 300 })
  })

  it('never claims too much when a history outgrows what a record remembers', () => {
    let forgotten = 0

    fc.assert(fc.property(many, (history) => {
      for (const [a, b] of pairs(history)) {
        const relation = order(a, b)

        if (relation !== truth(a, b)) {
          expect(relation).toBe('conflict')
          forgotten++
        }
      }
    }), { numRuns: 30, seed: 1 })

    expect(forgotten).toBeGreaterThan(0)
  })

  it('sets two branches of one record in conflict, and lets a record that knows both supersede both', () => {
    const root = write('root', bootName(1), [])
    const left = write('left', bootName(2), [root])
    const right = write('right', bootName(3), [root])
    const merge = write('merge', bootName(4), [left, right])

    expect(left.seq).toBe(right.seq)
    expect(order(left, right)).toBe('conflict')
    expect([root, left, right].map(record => order(merge, record))).toStrictEqual(['supersedes', 'supersedes', 'supersedes'])
    expect(supersedesOrIs(merge, merge)).toBe(true)
    expect(supersedesOrIs(merge, left)).toBe(true)
    expect(supersedesOrIs(left, merge)).toBe(false)
    expect(supersedesOrIs(left, right)).toBe(false)
  })

  it('does not let a newborn that thinks itself empty pass over what was, however much it writes', () => {
    const old = write('old', bootName(1), [])
    let newborn = write('newborn 0', bootName(2), [])

    for (let i = 1; i < 50; i++) {
      newborn = write(`newborn ${i}`, bootName(2), [newborn])
      expect(order(newborn, old)).toBe('conflict')
    }
  })
})

describe('the order of any records', () => {
  it('is a conflict if one boot and seq has two records', () => {
    const record = { id: 'one', boot: 'a', seq: 3, past: [{ boot: 'b', seq: 2 }] }

    expect(order(record, { ...record, id: 'other' })).toBe('conflict')
    expect(order(record, { ...record, id: 'other', past: [] })).toBe('conflict')
  })

  it('reads the same from both sides, whoever lies', () => {
    fc.assert(fc.property(lies, lies, (a, b) => {
      expect(order(b, a)).toBe(MIRROR[order(a, b)])
    }), { numRuns: 5_000 })
  })

  it('only ever climbs in seq, so no lie makes a circle', () => {
    fc.assert(fc.property(lies, lies, (a, b) => {
      fc.pre(order(a, b) === 'supersedes')
      expect(a.seq).toBeGreaterThan(b.seq)
    }), { numRuns: 2_000 })
  })
})

describe('newestOf', () => {
  it('leaves what nothing else builds on, each once', () => {
    fc.assert(fc.property(few, (history) => {
      const newest = newestOf([...history, ...history])
      const built = new Set(history.flatMap(({ ancestors }) => [...ancestors]))

      expect(newest).toStrictEqual(history.filter(({ id }) => !built.has(id)))
    }), { numRuns: 300 })
  })

  it('is never empty while there is a record, whoever lies', () => {
    fc.assert(fc.property(fc.array(lies, { minLength: 1 }), (list) => {
      expect(newestOf(list).length).toBeGreaterThan(0)
    }), { numRuns: 2_000 })
    expect(newestOf([])).toStrictEqual([])
  })
})

describe('pastOf', () => {
  it('has the highest seq of every other boot, lowest first', () => {
    const known: Ordered[] = [
      { id: 'x', boot: 'a', seq: 7, past: [{ boot: 'b', seq: 2 }, { boot: 'c', seq: 5 }] },
      { id: 'y', boot: 'd', seq: 6, past: [{ boot: 'c', seq: 1 }, { boot: 'b', seq: 4 }] }
    ]

    expect(pastOf(known, 'd')).toStrictEqual([{ boot: 'b', seq: 4 }, { boot: 'c', seq: 5 }, { boot: 'a', seq: 7 }])
    expect(pastOf([], 'd')).toStrictEqual([])
  })

  it('drops the oldest boots beyond 64', () => {
    let last = write('record 0', bootName(0), [])

    for (let i = 1; i <= MAX_PAST + 5; i++) {
      last = write(`record ${i}`, bootName(i), [last])
    }

    expect(last.past).toStrictEqual(Array.from({ length: MAX_PAST }, (_, i) => ({ boot: bootName(i + 5), seq: i + 6 })))
  })

  it('makes headers that every receiver takes', async () => {
    const key = await ownerKey(1)

    await fc.assert(fc.asyncProperty(fc.oneof(few, many), async (history) => {
      for (const { boot, seq, past } of history.slice(-3)) {
        await sealHeader({ kind: 'data', boot, seq, past, bodyLength: 1, bodyDigest: '00'.repeat(32) }, key)
      }
    }), { numRuns: 40 })
  })
})

describe('holders that keep to the order rule', () => {
  const played = fc.sample(schedules, { numRuns: 5_000, seed: 2 })

  function total (rule: Rule): { lost: number, replaced: number, refused: number, schedules: number } {
    const sum = { lost: 0, replaced: 0, refused: 0, schedules: 0 }

    for (const schedule of played) {
      const tally = play(schedule, rule)
      sum.lost += tally.lost
      sum.replaced += tally.replaced
      sum.refused += tally.refused
      sum.schedules += tally.lost > 0 ? 1 : 0
    }

    return sum
  }

  it('never replace a record by one that does not build on it: crashes, partitions, lost RAM, twins', () => {
    const sum = total((a, b) => order(a, b) === 'supersedes')

    expect(sum.lost).toBe(0)
    // and there was something to get wrong
    expect(sum.replaced).toBeGreaterThan(10_000)
    expect(sum.refused).toBeGreaterThan(10_000)
  })

  it('would, if one number stood in place of the boots', () => {
    const byOneNumber: Rule = (a, b) =>
      a.seq > b.seq && (a.boot === b.boot || Math.max(0, ...a.past.map(({ seq }) => seq)) >= b.seq)

    expect(total(byOneNumber).schedules).toBeGreaterThan(50)
  })

  it('would, if the higher seq simply won', () => {
    expect(total((a, b) => a.seq > b.seq).schedules).toBeGreaterThan(500)
  })
})
