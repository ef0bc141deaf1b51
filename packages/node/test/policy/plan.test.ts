import { MAX_HOLDERS } from '@nara-stash/protocol'
import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAILED_AFTER, FAILED_AWAY } from '../../src/constants.ts'
import { unaudited } from '../../src/policy/audit.ts'
import { plan } from '../../src/policy/plan.ts'
import { distinctCopies } from '../../src/policy/select.ts'
import { addresses } from './places.ts'
import type { CopyView, Plan, PlanInput } from '../../src/policy/plan.ts'

const NOW = 1_000_000
const DELAY = 60_000

function copy (peer: string, state: Partial<CopyView> = {}): CopyView {
  return { peer, connected: true, record: 'new', placement: 'p', failures: 0, refused: false, busy: false, notBefore: 0, ...state }
}

function away (peer: string, since: number): CopyView {
  return { peer, connected: false, awaySince: since, failures: 0, refused: false, busy: false, notBefore: 0 }
}

function input (copies: CopyView[], changes: Partial<PlanInput> = {}): PlanInput {
  return {
    now: NOW,
    record: 'new',
    placement: { id: 'p', holders: copies.map(({ peer }) => peer) },
    copies,
    candidates: [],
    pinned: [],
    target: 3,
    minCopies: 2,
    repairDelay: DELAY,
    ...changes
  }
}

function decide (input: PlanInput): Plan {
  return plan(input, seededRandom(1))
}

function spare (...ids: string[]): PlanInput['candidates'] {
  return ids.map(id => ({ id, uptime: 1 }))
}

describe('a promise', () => {
  const stores = (promisedAt: number | undefined, renewAfter = 1_000): string[] =>
    decide(input([copy('a', promisedAt == null ? {} : { promisedAt }), ...['b', 'c'].map(peer => copy(peer, { promisedAt: NOW }))], { renewAfter })).stores

  it('is renewed when it is old, and if there is none: the copy was found, not stored', () => {
    expect(stores(NOW - 999)).toStrictEqual([])
    expect(stores(NOW - 1_000)).toStrictEqual(['a'])
    expect(stores(undefined)).toStrictEqual(['a'])
  })
})

describe('a confidant that is away', () => {
  const two = [copy('a'), copy('b')]
  const both = spare('x', 'y')

  it('is waited for while minCopies are there', () => {
    const waiting = decide(input([...two, away('c', NOW - DELAY + 1)], { candidates: both }))

    expect(waiting).toStrictEqual({ holders: ['a', 'b', 'c'], stores: [], wakeAt: NOW + 1 })

    const over = decide(input([...two, away('c', NOW - DELAY)], { candidates: both }))

    expect(over.holders).toHaveLength(3)
    expect(over.holders).not.toContain('c')
    expect(over.wakeAt).toBeUndefined()
  })

  it('is replaced at once below minCopies', () => {
    const { holders, wakeAt } = decide(input([copy('a'), away('b', NOW), away('c', NOW)], { candidates: both }))

    expect(holders.toSorted()).toStrictEqual(['a', 'x', 'y'])
    expect(wakeAt).toBeUndefined()
  })

  it('is waited for no longer than ten minutes, whatever the setting', () => {
    const patient = { candidates: both, repairDelay: 10 * FAILED_AWAY }

    expect(decide(input([...two, away('c', NOW - FAILED_AWAY + 1)], patient)).holders).toContain('c')
    expect(decide(input([...two, away('c', NOW - FAILED_AWAY)], patient)).holders).not.toContain('c')
  })

  it('stays if nobody can take its place', () => {
    expect(decide(input([copy('a'), away('b', 0), away('c', 0)])).holders).toStrictEqual(['a', 'b', 'c'])
    expect(decide(input([copy('a'), away('b', 0), away('c', 0)], { candidates: spare('x') })).holders).toStrictEqual(['a', 'b', 'x'])
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

describe('a confidant that is away, with somebody at hand who has the record', () => {
  const two = [copy('a', { address: '192.0.2.1' }), copy('b', { address: '192.0.2.2' })]
  const gone = { ...away('c', NOW), address: '192.0.2.3' }
  const stand = (address: string): PlanInput['candidates'] => [{ id: 'x', uptime: 1, address, holds: true }, { id: 'y', uptime: 9, address: '198.51.100.1' }]
  const after = (address: string, changes: Partial<PlanInput> = {}): string[] => decide(input([...two, gone], { candidates: stand(address), isAcknowledged: true, ...changes })).holders

  it('is replaced by that one at once', () => {
    expect(after('192.0.2.4')).toStrictEqual(['a', 'b', 'x'])
    expect(after('192.0.2.3')).toStrictEqual(['a', 'b', 'x'])
  })

  it('is waited for if that one would be at a place that has a copy', () => {
    expect(after('192.0.2.2')).toStrictEqual(['a', 'b', 'c'])
  })

  it('is waited for until the record is acknowledged: until then it may have to be sealed anew', () => {
    expect(after('192.0.2.4', { isAcknowledged: false })).toStrictEqual(['a', 'b', 'c'])
  })

  it('keeps its place if it is pinned', () => {
    expect(after('192.0.2.4', { pinned: ['c'] })).toStrictEqual(['c', 'a', 'b', 'x'])
  })

  it('is replaced by one for each that is away, and no more', () => {
    const three = ['x', 'y', 'z'].map(id => ({ id, uptime: 1, holds: true }))

    expect(decide(input([copy('a'), copy('b'), away('c', NOW)], { candidates: three, isAcknowledged: true })).holders).toHaveLength(3)
    expect(decide(input([copy('a'), copy('b'), copy('c'), away('d', NOW)], { candidates: three, isAcknowledged: true })).holders).toStrictEqual(['a', 'b', 'c'])
  })

  it('costs no body and no place, whoever else there is', () => {
    const others = fc.uniqueArray(fc.record({ id: fc.nat(9).map(i => `other ${i}`), uptime: fc.nat(9), address: addresses, holds: fc.boolean() }, { requiredKeys: ['id', 'uptime', 'holds'] }), { selector: ({ id }) => id })

    fc.assert(fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(6), others, fc.nat(), (wells, blips, candidates, seed) => {
      const well = Array.from({ length: wells }, (_, i) => copy(`well ${i}`, { address: `192.0.2.${i}` }))
      const blipping = Array.from({ length: blips }, (_, i) => ({ ...away(`away ${i}`, NOW - 1), address: `198.51.100.${i}` }))
      const copies = [...well, ...blipping]
      const { holders } = plan(input(copies, { candidates, isAcknowledged: true, target: copies.length }), seededRandom(seed))
      const added = holders.flatMap(peer => candidates.find(({ id }) => id === peer) ?? [])

      expect(added.every(({ holds }) => holds)).toBe(true)
      expect(holders).toHaveLength(copies.length)
      expect(holders).toStrictEqual(expect.arrayContaining(well.map(({ peer }) => peer)))
      expect(distinctCopies([...well, ...added])).toBe(wells + added.length)
      // as many as there are places for
      expect(added.length).toBe(Math.min(blips, distinctCopies([...well, ...candidates.filter(({ holds }) => holds)]) - wells))
    }), { numRuns: 500 })
  })

  it('when its time is over, is replaced by that one, if it is as distant as others', () => {
    for (let seed = 0; seed < 20; seed++) {
      const choose = (address: string, other: string): string[] => plan(input([...two, { ...gone, awaySince: 0 }], {
        candidates: [{ id: 'x', uptime: 1, address, holds: true }, { id: 'y', uptime: 9, address: other }]
      }), seededRandom(seed)).holders

      expect(choose('198.51.100.2', '198.51.100.1')).toStrictEqual(['a', 'b', 'x'])
      expect(choose('192.0.2.9', '198.51.100.1')).toStrictEqual(['a', 'b', 'y'])
      expect(choose('192.0.2.2', '192.0.2.9')).toStrictEqual(['a', 'b', 'y'])
    }
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

const peer = fc.nat(19).map(i => `peer ${i}`)
const around = fc.oneof(fc.constantFrom(0, NOW, NOW + 1, NOW - DELAY, NOW - DELAY + 1, NOW + DELAY), fc.integer({ min: NOW - 3 * DELAY, max: NOW + 3 * DELAY }))

const views: fc.Arbitrary<CopyView[]> = fc.uniqueArray(fc.record({
  peer,
  connected: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  address: addresses,
  record: fc.constantFrom('new', 'new', 'new', 'old', undefined),
  placement: fc.constantFrom('p', 'p', 'o', undefined),
  awaySince: around.map(time => Math.min(time, NOW)),
  failures: fc.constantFrom(0, 0, 0, 1, FAILED_AFTER, 9),
  refused: fc.constantFrom(false, false, false, true),
  busy: fc.boolean(),
  leaving: fc.constantFrom(undefined, undefined, undefined, true),
  verdict: fc.constantFrom(undefined, 'trusted' as const, 'suspect' as const, 'failed' as const),
  notBefore: around
}), { selector: ({ peer }) => peer, maxLength: 20 }).map(list => list.map(({ address, record, placement, awaySince, leaving, verdict, ...rest }) => ({
  ...rest,
  ...(address == null ? {} : { address }),
  ...(leaving == null ? {} : { leaving }),
  ...(verdict == null ? {} : { audit: { ...unaudited(0), verdict } }),
  ...(rest.connected ? {} : { awaySince }),
  ...(rest.connected && record != null ? { record } : {}),
  ...(rest.connected && placement != null ? { placement } : {})
})))

const inputs: fc.Arbitrary<PlanInput> = fc.record({
  copies: views,
  holders: fc.option(fc.uniqueArray(peer, { maxLength: MAX_HOLDERS }), { nil: undefined }),
  candidates: fc.uniqueArray(fc.record({
    id: peer, uptime: fc.nat(9), address: addresses, accepting: fc.constantFrom(true, true, false), refusedUntil: around, holds: fc.boolean()
  }, { requiredKeys: ['id', 'uptime'] }), { selector: ({ id }) => id, maxLength: 20 }),
  pinned: fc.uniqueArray(peer, { maxLength: MAX_HOLDERS }),
  target: fc.integer({ min: 1, max: MAX_HOLDERS }),
  minimum: fc.nat(MAX_HOLDERS),
  isAcknowledged: fc.boolean(),
  repairDelay: fc.constantFrom(0, DELAY, 100 * DELAY)
}).map(({ holders, minimum, copies, ...rest }) => ({
  now: NOW,
  record: 'new',
  ...rest,
  // a peer is at one place, whoever tells
  copies: copies.map(one => {
    const candidate = rest.candidates.find(({ id }) => id === one.peer)
    const { address, ...others } = one
    const place = candidate == null ? address : candidate.address

    return place == null ? others : { ...others, address: place }
  }),
  minCopies: 1 + minimum % rest.target,
  placement: holders == null ? undefined : { id: 'p', holders }
}))

interface Facts {
  step: Plan
  before: string[]
  dropped: string[]
  picked: string[]
  view (peer: string): CopyView | undefined
  well (peer: string): boolean
  /** Those of `peers` that are well and have the record. */
  current (peers: readonly string[]): CopyView[]
}

function hasFailed (one: CopyView): boolean {
  return one.refused || one.failures >= FAILED_AFTER || one.leaving === true || one.audit?.verdict === 'failed'
}

/** What a plan's rules speak of. */
function facts (input: PlanInput): Facts {
  const step = decide(input)
  const before = [...new Set([...input.pinned, ...input.placement?.holders ?? []])]
  const view = (peer: string): CopyView | undefined => input.copies.find(one => one.peer === peer)
  const well = (peer: string): boolean => {
    const one = view(peer)

    return one != null && one.connected && !hasFailed(one)
  }

  return {
    step,
    before,
    view,
    well,
    dropped: before.filter(peer => !step.holders.includes(peer)),
    picked: step.holders.filter(peer => !before.includes(peer)),
    current: peers => peers.flatMap(peer => well(peer) && view(peer)?.record === input.record ? view(peer) ?? [] : [])
  }
}

describe('every plan', () => {
  const check = (rule: (input: PlanInput, known: Facts) => void): void => {
    fc.assert(fc.property(inputs, input => { rule(input, facts(input)) }), { numRuns: 2_000 })
  }

  it('names each holder once, never more than a placement can', () => {
    check((_, { step: { holders } }) => {
      expect(new Set(holders).size).toBe(holders.length)
      expect(holders.length).toBeLessThanOrEqual(MAX_HOLDERS)
    })
  })

  it('keeps the pinned', () => {
    check(({ pinned }, { dropped }) => {
      expect(dropped.filter(peer => pinned.includes(peer))).toStrictEqual([])
    })
  })

  it('lets a well holder go only if enough others are well and have the record, or a pinned one needs the place', () => {
    check(({ target, pinned, placement }, { step, before, dropped, well, current }) => {
      fc.pre(before.length <= MAX_HOLDERS)

      for (const peer of dropped.filter(well)) {
        expect(pinned).not.toContain(peer)
        expect(placement?.holders).toContain(peer)
        expect(current(step.holders).length).toBeGreaterThanOrEqual(target)
      }
    })
  })

  it('lets nobody go without as many that take its place, unless enough have the record', () => {
    check(({ target }, { step, before, dropped, picked, current }) => {
      fc.pre(before.length <= MAX_HOLDERS)

      if (dropped.length > picked.length) {
        expect(step.holders.length).toBeGreaterThanOrEqual(target)
        expect(current(step.holders).length).toBeGreaterThanOrEqual(target)
      }
    })
  })

  it('costs no place: what is current before is so after, or in as many places as are wanted', () => {
    check(({ target }, { step, before, current }) => {
      fc.pre(before.length <= MAX_HOLDERS)
      expect(distinctCopies(current(step.holders))).toBeGreaterThanOrEqual(Math.min(target, distinctCopies(current(before))))
    })
  })

  it('waits for who is away up to the delay while minCopies are well, unless another one has the record', () => {
    check((input, { dropped, picked, before, well, view, current, step }) => {
      fc.pre(before.length <= MAX_HOLDERS)

      const enough = distinctCopies(before.filter(well).map(peer => view(peer) ?? {})) >= input.minCopies

      for (const peer of before.filter(peer => !well(peer) && !input.pinned.includes(peer))) {
        const one = view(peer)
        const blip = one != null && !one.connected && !hasFailed(one) &&
          (one.awaySince ?? 0) + Math.min(input.repairDelay, FAILED_AWAY) > NOW
        const standIn = input.isAcknowledged === true && picked.some(peer => input.candidates.some(({ id, holds }) => id === peer && holds === true))

        if (dropped.includes(peer) && blip && enough && !standIn) {
          expect(current(step.holders).length).toBeGreaterThanOrEqual(input.target)
        }
      }
    })
  })

  it('picks willing candidates only, and as many as bring it to the target', () => {
    check((input, { picked, before, well, view, step }) => {
      const willing = input.candidates.filter(({ id, accepting, refusedUntil = 0, holds }) =>
        (accepting !== false || holds === true) && refusedUntil <= NOW && !before.includes(id))

      expect(willing.map(({ id }) => id)).toStrictEqual(expect.arrayContaining(picked))
      // one host's peers up to the target, and beyond them one for each other place
      expect(picked.length).toBeLessThan(2 * input.target)

      // with nobody away there is nothing to wait for
      if (before.every(well) && step.holders.length < MAX_HOLDERS) {
        const at = (peer: string): { address?: string } => view(peer) ?? input.candidates.find(({ id }) => id === peer) ?? {}
        const reach = distinctCopies([...before.map(at), ...willing])
        const all = [...new Set([...before, ...step.holders])]

        expect(distinctCopies(all.map(at))).toBeGreaterThanOrEqual(Math.min(input.target, reach))
        expect(all.length).toBeGreaterThanOrEqual(Math.min(input.target, before.length + willing.length))
      }
    })
  })

  it('stores with connected holders only, when they may be asked, never twice', () => {
    check((input, { step, view }) => {
      const due = step.holders.filter(peer => {
        const one = view(peer)

        return one?.connected === true && !one.busy && one.leaving !== true && one.notBefore <= NOW && !(one.record === 'new' && one.placement === input.placement?.id)
      })

      expect(step.stores).toStrictEqual(due)
    })
  })

  it('wakes later, never in the past', () => {
    check((_, { step: { wakeAt } }) => {
      if (wakeAt != null) {
        expect(wakeAt).toBeGreaterThan(NOW)
        expect(Number.isFinite(wakeAt)).toBe(true)
      }
    })
  })

  it('decides alike for the same randomness, and does not touch what it is given', () => {
    check((input) => {
      const before = structuredClone(input)

      expect(decide(input)).toStrictEqual(decide(input))
      expect(input).toEqual(before)
    })
  })
})
