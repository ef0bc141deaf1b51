import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AUDIT_GAP, OWNER_TAKEOVER, RANK_STEP, REPAIR_LEASE, SURROGATE_DELAY, SURROGATE_DELAY_BELOW } from '../../src/constants.ts'
import { counts, duties, precedes } from '../../src/policy/duties.ts'
import { distinctCopies } from '../../src/policy/select.ts'
import { addresses } from './places.ts'
import type { Duties, DutyInput, HolderView } from '../../src/policy/duties.ts'

const NOW = 10_000_000

/** Another holder that proved its copy a moment ago. */
function holder (peer: string, state: Partial<HolderView> = {}): HolderView {
  return {
    peer, rank: peer, connected: true, provedAt: NOW - 1_000, verdict: 'trusted', auditAt: NOW + 3_600_000, notBefore: 0, busy: false, putOff: false, unmet: false, told: true,
    offerAfter: 0, ...state
  }
}

function away (peer: string, state: Partial<HolderView> = {}): HolderView {
  const { provedAt: _, ...view } = holder(peer, { connected: false, ...state })

  return view
}

function lacking (peer: string, state: Partial<HolderView> = {}): HolderView {
  return { ...away(peer), connected: true, lacks: 'all', lacksSince: NOW, ...state }
}

/** We are "b", one of the three that the owner chose; it is away. */
function input (holders: HolderView[], changes: Partial<DutyInput> = {}): DutyInput {
  return {
    now: NOW,
    self: 'b',
    rank: 'b',
    placement: { holders: ['a', 'b', 'c'], target: 3, minCopies: 2, surrogates: 'any', allowed: [] },
    owner: { connected: false, settled: false },
    leaseLeft: 7 * REPAIR_LEASE,
    mayRepair: true,
    isNewest: true,
    isDraining: false,
    storing: false,
    since: {},
    holders,
    candidates: () => [{ id: 'x', uptime: 5 }, { id: 'y', uptime: 3 }],
    ...changes
  }
}

const decide = (input: DutyInput): Duties => duties(input, seededRandom(1))

/** Short since so long, as `b` that comes second. */
const shortFor = (ms: number, changes: Partial<DutyInput> = {}): Duties => decide(input([holder('a'), away('c')], { since: { short: NOW - ms }, ...changes }))
const MY_DELAY = SURROGATE_DELAY + RANK_STEP

describe('an owner that is here', () => {
  const visited = (since: number, settledSince: number): Duties =>
    decide(input([holder('a'), away('c')], { owner: { connected: true, settled: true }, since: { short: NOW - since }, settledSince: NOW - settledSince }))

  it('for a moment is left alone, and what was missing before is still known to be when it goes', () => {
    expect(visited(50_000, 20_000)).toStrictEqual({ ...visited(50_000, OWNER_TAKEOVER), since: { short: NOW - 50_000 }, wakeAt: NOW + OWNER_TAKEOVER - 20_000 })
  })

  it('for longer has seen to it', () => {
    expect(visited(500_000, OWNER_TAKEOVER)).toMatchObject({ since: {}, wakeAt: undefined, store: undefined, challenge: [], offer: [] })
  })
})

describe('whole', () => {
  it('there is nothing to do but the next audit', () => {
    expect(decide(input([holder('a'), holder('c', { auditAt: NOW + 5 })], { since: { short: 1, below: 1 } })))
      .toStrictEqual({ challenge: [], offer: [], store: undefined, drop: false, reach: [], since: {}, wakeAt: NOW + 5 })
  })

  it('who is due is challenged, unless it asked to be left alone', () => {
    expect(decide(input([holder('a', { auditAt: NOW }), holder('c', { auditAt: NOW, notBefore: NOW + 7 })]))).toMatchObject({ challenge: ['a'], wakeAt: NOW + 7 })
  })
})

describe('short of the target', () => {
  it('waits, and first looks for those who are away', () => {
    const { since, store, wakeAt, reach } = decide(input([holder('a'), away('c')]))
    expect({ since, store, wakeAt, reach }).toStrictEqual({ since: { short: NOW }, store: undefined, wakeAt: NOW + MY_DELAY, reach: ['c'] })
  })

  it('asks the longest-running after the delay and its turn, not before', () => {
    expect(shortFor(MY_DELAY - 1).store).toBeUndefined()
    expect(shortFor(MY_DELAY).store).toBe('x')
  })

  it('the first in rank need not wait for its turn', () => {
    expect(shortFor(SURROGATE_DELAY, { holders: [holder('c'), away('a')] }).store).toBe('x')
  })

  it('below minCopies waits less', () => {
    const alone = (ms: number): Duties => decide(input([away('a'), away('c')], { since: { short: NOW - ms, below: NOW - ms } }))
    expect(alone(SURROGATE_DELAY_BELOW - 1).store).toBeUndefined()
    expect(alone(SURROGATE_DELAY_BELOW).store).toBe('x')
  })

  it('asks those that it counts once more if their proofs are old, and decides when they have answered', () => {
    const old = { since: { short: NOW - MY_DELAY }, candidates: () => [{ id: 'x', uptime: 5 }] }
    const stale = { provedAt: NOW - AUDIT_GAP }
    expect(decide(input([holder('a', stale), away('c')], old))).toMatchObject({ challenge: ['a'], store: undefined })
    expect(decide(input([holder('a', { ...stale, busy: true }), away('c')], old))).toMatchObject({ challenge: [], store: undefined })
    // one that cannot be asked is slow or puts us off: with grace
    expect(decide(input([holder('a', { ...stale, notBefore: NOW + 1 }), away('c')], old))).toMatchObject({ challenge: [], store: 'x' })
  })

  it('waits a while for one that is here and has yet to answer', () => {
    const { provedAt: _, ...unproved } = holder('c', { auditAt: NOW, notBefore: NOW + 1_000 })
    const since = (ms: number): DutyInput => input([holder('a'), unproved], { since: { short: NOW - ms } })
    expect(decide(since(MY_DELAY))).toMatchObject({ store: undefined, wakeAt: NOW + 1_000 })
    expect(decide(since(MY_DELAY + SURROGATE_DELAY))).toMatchObject({ store: 'x' })
  })

  it('always waits for one that is being asked, however long ago its turn was', () => {
    const { provedAt: _, ...unproved } = holder('c', { auditAt: NOW })
    const since = { short: NOW - 10 * MY_DELAY }
    expect(decide(input([holder('a'), unproved], { since }))).toMatchObject({ challenge: ['c'], store: undefined })
    expect(decide(input([holder('a'), { ...unproved, busy: true }], { since })).store).toBeUndefined()
    expect(decide(input([holder('a'), { ...unproved, notBefore: NOW + 1 }], { since })).store).toBe('x')
  })

  it('below minCopies not as long, unless it said that it will answer', () => {
    const { provedAt: _, ...unproved } = holder('c', { auditAt: NOW, notBefore: NOW + 1_000 })
    const since = { short: NOW - 2 * SURROGATE_DELAY_BELOW, below: NOW - 2 * SURROGATE_DELAY_BELOW }
    expect(decide(input([away('a'), unproved], { since })).store).toBe('x')
    expect(decide(input([away('a'), { ...unproved, putOff: true }], { since })).store).toBeUndefined()
  })

  it('one store at a time', () => {
    expect(shortFor(MY_DELAY, { storing: true }).store).toBeUndefined()
  })

  it('looks again if nobody can take it', () => {
    const full = { candidates: () => [{ id: 'x', uptime: 5, accepting: false }] }
    expect(shortFor(MY_DELAY, full)).toMatchObject({ store: undefined, wakeAt: NOW + 30_000 })
  })

  it('the longest-running counts among those at places without a copy', () => {
    const candidates = (): Array<{ id: string, uptime: number, address: string }> =>
      [{ id: 'near', uptime: 9, address: '10.0.0.1' }, { id: 'next', uptime: 8, address: '10.0.0.2' }, { id: 'far', uptime: 1, address: '10.9.0.1' }]
    expect(shortFor(MY_DELAY, { holders: [holder('a', { address: '10.0.0.1' }), away('c')], candidates }).store).toBe('far')
  })
})

describe('surrogates', () => {
  const placement = (changes: Partial<DutyInput['placement']>): Partial<DutyInput> => ({ placement: { ...input([]).placement, ...changes } })

  it('none: nobody is asked', () => {
    expect(shortFor(MY_DELAY, placement({ surrogates: 'none' }))).toMatchObject({ store: undefined, wakeAt: NOW + 3_600_000 })
  })

  it('listed: only who is listed', () => {
    expect(shortFor(MY_DELAY, placement({ surrogates: 'listed', allowed: ['y'] })).store).toBe('y')
  })

  it('none: one that the owner chose and that came back empty is refilled all the same', () => {
    expect(decide(input([holder('c'), lacking('a')], placement({ surrogates: 'none' }))).offer).toStrictEqual(['a'])
  })
})

describe('one that came back empty', () => {
  it('is refilled at once by the first, later by the others', () => {
    expect(decide(input([holder('c'), lacking('a')]))).toMatchObject({ offer: ['a'], store: undefined })
    expect(decide(input([holder('a'), lacking('c')]))).toMatchObject({ offer: [], wakeAt: NOW + RANK_STEP })
    expect(decide(input([holder('a'), lacking('c', { lacksSince: NOW - RANK_STEP })], { since: { short: NOW - RANK_STEP } }))).toMatchObject({ offer: ['c'] })
  })

  it('and will not have it is replaced at once', () => {
    expect(decide(input([holder('c'), lacking('a', { offerAfter: NOW + 1 })]))).toMatchObject({ offer: [], store: 'x' })
  })

  it('and is being refilled is waited for', () => {
    expect(decide(input([holder('c'), lacking('a', { busy: true })]))).toMatchObject({ offer: [], store: undefined })
  })

  it('is left alone if there are enough without it', () => {
    expect(decide(input([holder('c'), lacking('a'), holder('s')])).offer).toStrictEqual([])
  })

  it('with an older record is brought up, even if there are enough', () => {
    expect(decide(input([holder('c'), holder('s'), lacking('a', { lacks: 'older' })])).offer).toStrictEqual(['a'])
  })
})

it('for one that has left a copy is made at once; one that leaves hands on its own', () => {
  expect(decide(input([holder('c'), holder('a', { leavingSince: NOW, leftSince: NOW })])).store).toBe('x')
  expect(decide(input([holder('c'), away('a', { leavingSince: NOW, leftSince: NOW })])).store).toBe('x')
  expect(decide(input([holder('c'), holder('a', { leavingSince: NOW })]))).toMatchObject({ store: undefined, wakeAt: NOW + SURROGATE_DELAY })
})

describe('a surrogate', () => {
  const surrogate = { self: 's', rank: 'm' }
  const chosen = [holder('a'), holder('b'), holder('c')]

  it('stays with as many before it as the target', () => {
    expect(decide(input(chosen, surrogate)).drop).toBe(false)
    expect(decide(input([...chosen, holder('t', { rank: 'n' })], surrogate)).drop).toBe(false)
  })

  it('goes if one more goes before it', () => {
    expect(decide(input([...chosen, holder('t', { rank: 'l' })], surrogate)).drop).toBe(true)
  })

  it('goes only after fresh proofs', () => {
    const stale = holder('t', { rank: 'l', provedAt: NOW - AUDIT_GAP })
    expect(decide(input([...chosen, stale], surrogate))).toMatchObject({ drop: false, challenge: ['t'] })
  })

  it('does not count two at one address', () => {
    const here = { address: '10.0.0.1' }
    expect(decide(input([holder('a', here), holder('b', here), holder('c'), holder('t', { rank: 'l' })], surrogate)).drop).toBe(false)
  })

  it('is told of the others, and they of it', () => {
    expect(decide(input([holder('a', { told: false }), holder('s', { told: false }), holder('t')])).offer).toStrictEqual(['a', 's'])
    expect(decide(input([holder('a', { told: false })], surrogate)).offer).toStrictEqual(['a'])
    expect(decide(input([holder('a', { told: false }), holder('c')])).offer).toStrictEqual([])
  })
})

it('who may not know of us is told so', () => {
  expect(decide(input([holder('a'), holder('c'), holder('z', { unmet: true, auditAt: NOW }), away('y', { unmet: true })]))).toMatchObject({ offer: ['z'], challenge: [] })
  expect(decide(input([holder('a'), holder('c'), holder('z', { unmet: true, auditAt: NOW, offerAfter: NOW + 1 })]))).toMatchObject({ offer: [], challenge: ['z'] })
})

// --- properties ---

const time = fc.integer({ min: NOW - 200_000, max: NOW + 200_000 })
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })

const views: fc.Arbitrary<HolderView[]> = fc.uniqueArray(fc.record({
  peer: fc.constantFrom('a', 'b', 'c', 'd', 'p', 'q', 'r', 's', 't'),
  connected: fc.boolean(),
  address: maybe(addresses),
  provedAt: maybe(fc.integer({ min: NOW - 7_200_000, max: NOW })),
  verdict: fc.constantFrom('trusted' as const, 'suspect' as const, 'failed' as const),
  auditAt: time,
  notBefore: time,
  busy: fc.boolean(),
  putOff: fc.boolean(),
  leavingSince: maybe(fc.integer({ min: NOW - 100_000, max: NOW })),
  hasLeft: fc.boolean(),
  lacks: maybe(fc.constantFrom('all' as const, 'older' as const)),
  unmet: fc.boolean(),
  told: fc.boolean(),
  offerAfter: time
}), { selector: ({ peer }) => peer, maxLength: 8 }).map(list => list.map(({ address, provedAt, leavingSince, hasLeft, lacks, ...view }) => ({
  ...view,
  rank: view.peer,
  ...(address == null ? {} : { address }),
  // who lacks it has not proved it, and who is away has proved nothing
  ...(provedAt == null || lacks != null || !view.connected ? {} : { provedAt }),
  ...(leavingSince == null ? {} : { leavingSince, ...(hasLeft && { leftSince: leavingSince }) }),
  ...(lacks == null ? {} : { lacks, lacksSince: NOW - 20_000 })
})))

const inputs: fc.Arbitrary<DutyInput> = fc.record({
  self: fc.constantFrom('a', 'b', 'c', 'm'),
  holders: views,
  named: fc.subarray(['a', 'b', 'c', 'd', 'p']),
  target: fc.integer({ min: 1, max: 5 }),
  minCopies: fc.integer({ min: 1, max: 5 }),
  surrogates: fc.constantFrom('any' as const, 'listed' as const, 'none' as const),
  allowed: fc.subarray(['x', 'y', 'p', 'q']),
  owner: fc.record({ connected: fc.boolean(), settled: fc.boolean() }),
  leaseLeft: fc.constantFrom(0, REPAIR_LEASE - 1, REPAIR_LEASE, 7 * REPAIR_LEASE),
  mayRepair: fc.boolean(),
  isNewest: fc.boolean(),
  isDraining: fc.boolean(),
  storing: fc.boolean(),
  short: maybe(fc.integer({ min: NOW - 300_000, max: NOW })),
  below: maybe(fc.integer({ min: NOW - 300_000, max: NOW })),
  candidates: fc.array(fc.record({ id: fc.constantFrom('x', 'y', 'z', 'a', 'q'), uptime: fc.nat(), address: addresses }), { maxLength: 6 })
}).map(({ named, target, minCopies, surrogates, allowed, short, below, candidates, holders, ...rest }) => ({
  now: NOW,
  rank: rest.self,
  placement: { holders: named, target, minCopies: Math.min(minCopies, target), surrogates, allowed },
  since: { ...(short == null ? {} : { short }), ...(below == null ? {} : { below }) },
  candidates: () => candidates,
  holders: holders.filter(({ peer }) => peer !== rest.self),
  ...rest
}))

const counted = ({ holders }: DutyInput): HolderView[] => holders.filter(counts)
const places = (of: DutyInput): number => distinctCopies([{}, ...counted(of)])
const isHere = ({ owner: { connected, settled } }: DutyInput): boolean => connected && settled

/** Holds for every decision. */
function always (claim: (of: DutyInput, made: Duties) => boolean): void {
  fc.assert(fc.property(inputs, fc.nat(), (of, seed) => claim(of, duties(of, seededRandom(seed)))), { numRuns: 3_000 })
}

describe('always', () => {
  it('nothing at all is done while the owner is here and settled, while a newer one is known, or while leaving', () => {
    always((of, { challenge, offer, store, drop, reach, wakeAt }) => !(isHere(of) || !of.isNewest || of.isDraining) ||
      (challenge.length + offer.length + reach.length === 0 && store == null && !drop && wakeAt == null))
  })

  it('no copy is made of a promise that ends within a day, nor by one that was away', () => {
    always((of, { store, offer }) => (of.mayRepair && of.leaseLeft >= REPAIR_LEASE) ||
      (store == null && offer.every(peer => of.holders.some(view => view.peer === peer && (view.unmet || counts(view))))))
  })

  it('no copy is made if enough have proved theirs', () => {
    always((of, { store, since }) => places(of) < of.placement.target || (store == null && since.short == null))
  })

  it('none is made sooner than the rules allow', () => {
    always((of, { store }) => {
      const better = counted(of).filter(view => precedes(view, { peer: of.self, rank: of.rank }, of.placement)).length
      const hurried = of.holders.some(({ leftSince, lacks, connected }) => leftSince != null || (connected && lacks === 'all'))
      const delay = (hurried ? 0 : places(of) < of.placement.minCopies ? SURROGATE_DELAY_BELOW : SURROGATE_DELAY) + better * RANK_STEP
      const since = Math.min(of.since.short ?? NOW, places(of) < of.placement.minCopies ? of.since.below ?? NOW : NOW)

      return store == null || NOW - since >= delay
    })
  })

  it('a copy goes only to whom the placement admits, and to nobody that is known to be a holder', () => {
    always((of, { store }) => store == null || (!of.holders.some(({ peer }) => peer === store) &&
      (of.placement.surrogates === 'any' || of.placement.holders.includes(store) || (of.placement.surrogates === 'listed' && of.placement.allowed.includes(store)))))
  })

  it('with as many holders as wanted, a copy goes only to another place', () => {
    always((of, { store }) => store == null || counted(of).length + 1 < of.placement.target ||
      distinctCopies([{}, ...counted(of), ...of.candidates().filter(({ id }) => id === store)]) > places(of))
  })

  it('only who proved it here, has not failed and stays counts: a drop leaves the target and one more of them, each a moment ago', () => {
    always((of, { drop }) => !drop || (!of.placement.holders.includes(of.self) && distinctCopies(of.holders.filter(view =>
      view.connected && view.verdict !== 'failed' && view.leavingSince == null && NOW - (view.provedAt ?? 0) < AUDIT_GAP &&
      precedes(view, { peer: of.self, rank: of.rank }, of.placement))) > of.placement.target))
  })

  it('only who is here, not busy and willing is challenged or offered anything', () => {
    always((of, { challenge, offer }) => {
      const view = (peer: string): HolderView | undefined => of.holders.find(holder => holder.peer === peer)

      return challenge.every(peer => view(peer)?.connected === true && !view(peer)?.busy && (view(peer)?.notBefore ?? Infinity) <= NOW) &&
        offer.every(peer => view(peer)?.connected === true && !view(peer)?.busy && (view(peer)?.offerAfter ?? Infinity) <= NOW)
    })
  })

  it('the next look lies ahead; with a copy missing that could be made there is one, or something is under way', () => {
    always((of, { wakeAt, challenge, offer, store, drop }) => wakeAt != null
      ? wakeAt > NOW
      : isHere(of) || !of.isNewest || of.isDraining || !of.mayRepair || of.leaseLeft < REPAIR_LEASE || places(of) >= of.placement.target ||
        of.storing || challenge.length + offer.length > 0 || store != null || drop || of.holders.some(({ busy }) => busy) || of.placement.surrogates === 'none')
  })

  it('is the same for the same', () => {
    always((of, made) => JSON.stringify(duties(of, seededRandom(0))) === JSON.stringify(duties(of, seededRandom(0))) && made != null)
  })
})

it('of holders that all know of each other the target and one more never go', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 5 }), fc.subarray(['a', 'b', 'c']), (extra, target, named) => {
    const all = [...named, ...Array.from({ length: extra }, (_, i) => `s${String(i).padStart(2, '0')}`)]
    const staying = all.filter(self => !decide(input(all.filter(peer => peer !== self).map(peer => holder(peer)), {
      self, rank: self, placement: { ...input([]).placement, holders: named, target, minCopies: 1 }
    })).drop)

    return staying.length === Math.max(named.length, Math.min(all.length, target + 1))
  }))
})
