import { MAX_HOLDERS } from '@nara-stash/protocol'
import { seededRandom } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { FAILED_AFTER } from '../../src/constants.ts'
import { unaudited } from '../../src/policy/audit.ts'
import { plan } from '../../src/policy/plan.ts'
import { away, copy, decide, input, NOW, spare } from './plan-inputs.ts'
import type { CopyView, Plan, PlanInput } from '../../src/policy/plan.ts'

describe('a promise', () => {
  const step = (a: Partial<CopyView>, changes: Partial<PlanInput> = {}): Plan =>
    decide(input([copy('a', a), ...['b', 'c'].map(peer => copy(peer, { promisedAt: NOW }))], { renewAfter: 1_000, ...changes }))

  it('is renewed when it is old, and if there is none: the copy was found, not stored', () => {
    expect(step({ promisedAt: NOW - 999 }).stores).toStrictEqual([])
    expect(step({ promisedAt: NOW - 1_000 }).stores).toStrictEqual(['a'])
    expect(step({}).stores).toStrictEqual(['a'])
  })

  it('is looked at again when the first of them is old', () => {
    expect(step({ promisedAt: NOW - 999 }).wakeAt).toBe(NOW + 1)
    // the others' come next
    expect(step({ promisedAt: NOW - 1_000 }).wakeAt).toBe(NOW + 1_000)
    // who may not be asked yet is asked then
    expect(step({ promisedAt: NOW - 999, notBefore: NOW + 7 }).wakeAt).toBe(NOW + 7)
  })

  it('is nothing to wait for of who is away or leaves, while a store is under way, or if none is ever renewed', () => {
    const promisedAt = NOW - 999

    for (const state of [{ connected: false, awaySince: NOW }, { leaving: true }, { busy: true }]) {
      expect(step({ promisedAt, ...state }, { repairDelay: 5_000 }).wakeAt).toBe(NOW + 1_000)
    }

    expect(decide(input(['a', 'b', 'c'].map(peer => copy(peer, { promisedAt })))).wakeAt).toBeUndefined()
  })
})

describe('who is chosen', () => {
  const some = ['a', 'b', 'c', 'd', 'e'].map((id, uptime) => ({ id, uptime }))
  const holders = (changes: Partial<PlanInput>): string[][] => Array.from({ length: 50 }, (_, seed) =>
    plan(input([copy('x'), copy('y'), away('z', 0)], { candidates: some, ...changes }), seededRandom(seed)).holders)

  it('in the place of another is the longest-running of a few', () => {
    expect(new Set(holders({}).flat())).toStrictEqual(new Set(['x', 'y', 'e']))
  })

  it('at first is left to chance after the first place', () => {
    const first = holders({ placement: undefined, copies: [] })

    expect(new Set(first.map(([one]) => one))).toStrictEqual(new Set(['e']))
    expect(new Set(first.flatMap(([, ...others]) => others))).toStrictEqual(new Set(['a', 'b', 'c', 'd']))
  })
})

describe('a confidant that says that it lets go', () => {
  it('is sent nothing more, and stays if nobody can take its place', () => {
    expect(decide(input([copy('a'), copy('b'), copy('c', { leaving: true, placement: 'o' })]))).toMatchObject({ holders: ['a', 'b', 'c'], stores: [] })
  })
})

describe('a confidant that refused or failed, or is failing', () => {
  it('is replaced at once', () => {
    for (const state of [{ refused: true }, { failures: FAILED_AFTER }, { leaving: true }, { audit: { ...unaudited(0), verdict: 'failed' as const } }]) {
      const { record: _, ...without } = copy('c', state)

      expect(decide(input([copy('a'), copy('b'), without], { candidates: spare('x') })).holders).toStrictEqual(['a', 'b', 'x'])
    }
  })

  it('is not while it is only suspect', () => {
    const suspect = copy('c', { audit: { ...unaudited(0), verdict: 'suspect' } })

    expect(decide(input([copy('a'), copy('b'), suspect], { candidates: spare('x') })).holders).toStrictEqual(['a', 'b', 'c'])
  })

  it('gets another chance after one failure', () => {
    const { record: _, ...without } = copy('c', { failures: FAILED_AFTER - 1, notBefore: NOW + 5 })

    expect(decide(input([copy('a'), copy('b'), without], { candidates: spare('x') }))).toStrictEqual({ holders: ['a', 'b', 'c'], stores: [], wakeAt: NOW + 5 })
    expect(decide({ ...input([copy('a'), copy('b'), without]), now: NOW + 5 }).stores).toStrictEqual(['c'])
  })
})

describe('a pinned confidant', () => {
  it('keeps its place when it is away, and is helped out', () => {
    const step = decide(input([copy('a'), copy('b'), away('c', 0)], { pinned: ['a', 'b', 'c'], candidates: spare('x', 'y') }))

    expect(step.holders.slice(0, 3)).toStrictEqual(['a', 'b', 'c'])
    expect(step.holders).toHaveLength(4)
  })

  it('lets the helper go when it is back and has the record', () => {
    const holders = [copy('a'), copy('b'), copy('c'), copy('helper')]

    expect(decide(input(holders, { pinned: ['a', 'b', 'c'] })).holders).toStrictEqual(['a', 'b', 'c'])
    expect(decide(input([copy('a'), copy('b'), copy('c', { record: 'old' }), copy('helper')], { pinned: ['a', 'b', 'c'] })).holders).toHaveLength(4)
  })

  it('stays however many there are beyond the target', () => {
    const five = ['a', 'b', 'c', 'd', 'e']

    expect(decide(input(five.map(peer => copy(peer)), { pinned: five })).holders).toStrictEqual(five)
  })

  it('leaves room for helpers up to what a placement can name', () => {
    const all = Array.from({ length: MAX_HOLDERS }, (_, i) => `pinned ${i}`)

    expect(decide(input(all.map(peer => away(peer, 0)), { pinned: all, candidates: spare('x', 'y', 'z') })).holders).toStrictEqual(all)

    const fifteen = all.slice(1)
    const step = decide(input(fifteen.map(peer => away(peer, 0)), { pinned: fifteen, candidates: spare('x', 'y', 'z') }))

    expect(step.holders).toHaveLength(MAX_HOLDERS)
    expect(step.holders).toStrictEqual(expect.arrayContaining(fifteen))
  })

  it('comes in the order of naming when too many are named', () => {
    const all = Array.from({ length: MAX_HOLDERS }, (_, i) => `pinned ${i}`)

    expect(decide(input(all.map(peer => copy(peer)), { pinned: ['first', ...all] })).holders).toStrictEqual(['first', ...all.slice(0, -1)])
  })

  it('takes the place of the least useful when all are taken', () => {
    const all = Array.from({ length: MAX_HOLDERS }, (_, i) => copy(`${i}`, i === 3 ? { record: 'old' } : i === 5 ? { refused: true } : {}))
    const left = (copies: CopyView[]): string[] =>
      copies.map(({ peer }) => peer).filter(peer => !decide(input(copies, { pinned: ['chosen'], target: MAX_HOLDERS })).holders.includes(peer))

    expect(left(all)).toStrictEqual(['5'])
    expect(left(all.map(one => ({ ...one, refused: false })))).toStrictEqual(['3'])
    expect(left(all.map(({ peer }) => copy(peer)))).toStrictEqual(['15'])
  })
})

describe('peers of one host', () => {
  const host = (n: number): PlanInput['candidates'] => Array.from({ length: n }, (_, i) => ({ id: `peer ${i}`, uptime: 1, address: '192.0.2.1' }))
  const [one, two, three, four] = host(4).map(({ id, address }) => copy(id, { address: address as string })) as [CopyView, CopyView, CopyView, CopyView]
  const elsewhere = copy('elsewhere', { address: '192.0.2.2' })

  it('are not collected for want of other places', () => {
    expect(decide(input([], { placement: undefined, candidates: host(30) })).holders).toHaveLength(3)
    expect(decide(input([one, two, three], { candidates: host(30) })).holders).toHaveLength(3)
  })

  it('make room for another place', () => {
    expect(decide(input([one, two, three], { candidates: [{ id: 'elsewhere', uptime: 1, address: '192.0.2.2' }] })).holders).toHaveLength(4)
    expect(decide(input([one, two, three, elsewhere])).holders).toStrictEqual([one.peer, two.peer, elsewhere.peer])
    expect(decide(input([one, two, three, { ...elsewhere, record: 'old' }])).holders).toHaveLength(4)
  })

  it('stay down to the target, also when they were too many', () => {
    expect(decide(input([one, two, three, four])).holders).toHaveLength(3)
    expect(decide(input([one, two, three])).holders).toHaveLength(3)
  })

  it('do not hide somebody who would bring another place behind a dead confidant of its host', () => {
    const dead = { ...away('dead', 0), address: '192.0.2.2' }
    const candidates = [...host(20).slice(4), { id: 'elsewhere', uptime: 1, address: '192.0.2.2' }]

    for (let seed = 0; seed < 20; seed++) {
      expect(plan(input([one, two, three, dead], { candidates, target: 2 }), seededRandom(seed)).holders).toContain('elsewhere')
    }
  })
})

describe('stores', () => {
  it('go to connected holders that lack the record or the placement, unless one is under way', () => {
    const copies = [copy('current'), copy('other placement', { placement: 'o' }), copy('old', { record: 'old' }), copy('busy', { record: 'old', busy: true }), away('away', NOW)]
    const step = decide(input(copies, { target: 5 }))

    expect(step.stores).toStrictEqual(['other placement', 'old'])
    expect(decide(input(copies.map(one => ({ ...one, notBefore: NOW + 7 })), { target: 5 }))).toMatchObject({ stores: [], wakeAt: NOW + 7 })
  })
})
