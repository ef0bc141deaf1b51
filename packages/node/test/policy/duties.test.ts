import { describe, expect, it } from 'vitest'
import { ANSWER_PATIENCE, AUDIT_GAP, OWNER_TAKEOVER, RANK_STEP, REUNION, SURROGATE_DELAY, SURROGATE_DELAY_BELOW } from '../../src/constants.ts'
import { away, decide, holder, input, lacking, NOW } from './duty-inputs.ts'
import type { Duties, DutyInput, HolderView } from '../../src/policy/duties.ts'

/** Short since so long, as `b` that comes second. */
const shortFor = (ms: number, changes: Partial<DutyInput> = {}): Duties => decide(input([holder('a'), away('c')], { since: { short: NOW - ms }, ...changes }))
const MY_DELAY = SURROGATE_DELAY + RANK_STEP

describe('an owner that is here', () => {
  const visited = (since: number, settledSince: number): Duties =>
    decide(input([holder('a'), away('c')], { owner: { peer: 'owner', connected: true, settled: true }, since: { short: NOW - since }, settledSince: NOW - settledSince }))

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
  it('waits, and first looks for those who are away, its owner among them', () => {
    const { since, store, wakeAt, reach } = decide(input([holder('a'), away('c')]))
    expect({ since, store, wakeAt, reach }).toStrictEqual({ since: { short: NOW }, store: undefined, wakeAt: NOW + MY_DELAY, reach: ['owner', 'c'] })
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

  it('was away itself: it gives the others time to be here again, but not one that is back without its copy', () => {
    const alone = (ms: number, a = away('a')): Duties => decide(input([a, away('c')], {
      since: { short: NOW - 10 * REUNION, below: NOW - 10 * REUNION }, reunitedAt: NOW - ms
    }))
    expect(alone(REUNION - 1)).toMatchObject({ store: undefined, offer: [], wakeAt: NOW + 1, reach: ['owner', 'a', 'c'] })
    expect(alone(REUNION).store).toBe('x')
    expect(alone(0, lacking('a')).offer).toStrictEqual(['a'])
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
    expect(decide(since(MY_DELAY + ANSWER_PATIENCE))).toMatchObject({ store: 'x' })
  })

  it('waits as long for one that has failed by its silence, while it may be asked once more', () => {
    const silent = holder('c', { verdict: 'failed', silent: true, auditAt: NOW + 1_000 })
    const short = (c: HolderView, ms: number): DutyInput => input([holder('a'), c], { since: { short: NOW - ms } })
    expect(decide(short(silent, MY_DELAY)).store).toBeUndefined()
    expect(decide(short(silent, MY_DELAY + ANSWER_PATIENCE)).store).toBe('x')
    expect(decide(short({ ...silent, silent: false }, MY_DELAY)).store).toBe('x')
    // who leaves does not wait
    expect(decide(input([holder('a', { leavingSince: NOW - 1, leftSince: NOW - RANK_STEP }), silent], { since: { short: NOW - 2 * RANK_STEP } })).store).toBe('x')
  })

  it('waits for one that is known and is being asked, however long ago its turn was, but not for ever, nor for strangers', () => {
    const { provedAt: _, ...unproved } = holder('c', { auditAt: NOW })
    const since = { short: NOW - 10 * MY_DELAY }
    const waits = (c: HolderView): boolean => decide(input([holder('a'), c], { since })).store == null
    expect(decide(input([holder('a'), unproved], { since })).challenge).toStrictEqual(['c'])
    expect(waits(unproved)).toBe(true)
    expect(waits({ ...unproved, busy: true })).toBe(true)
    expect(waits({ ...unproved, notBefore: NOW + 1 })).toBe(false)
    expect(waits({ ...unproved, busy: true, owesSince: NOW - ANSWER_PATIENCE + 1 })).toBe(true)
    expect(waits({ ...unproved, busy: true, owesSince: NOW - ANSWER_PATIENCE })).toBe(false)
    // one that the owner did not choose: seen before, or merely said to have it
    expect(waits({ ...unproved, peer: 'd', busy: true })).toBe(true)
    expect(waits({ ...unproved, peer: 'd', busy: true, seen: false })).toBe(false)
  })

  it('the second in rank waits its time longer when those that all waited for have had theirs', () => {
    const suspect = (verdict: 'suspect' | 'failed'): HolderView => {
      const { provedAt: _, ...view } = holder('c', { verdict, auditAt: NOW + 2 * RANK_STEP })

      return view
    }
    const since = { short: NOW - MY_DELAY }
    const waiting = decide(input([holder('a'), suspect('suspect')], { since }))
    expect(waiting).toMatchObject({ store: undefined, since: { ...since, waited: NOW } })
    expect(decide(input([holder('a'), suspect('failed')], { since: waiting.since }))).toMatchObject({ store: undefined, wakeAt: NOW + RANK_STEP })
    expect(decide(input([holder('a'), suspect('failed')], { since: { ...since, waited: NOW - RANK_STEP } })).store).toBe('x')
    // the first in rank goes at once
    expect(decide(input([holder('d'), suspect('failed')], { self: 'a', rank: 'a', since: waiting.since })).store).toBe('x')
  })

  it('waits for a stranger that is said to have it for a moment only', () => {
    const { provedAt: _, ...stranger } = holder('d', { auditAt: NOW, seen: false })
    const short = (ms: number): Duties => decide(input([holder('a'), stranger], { since: { short: NOW - ms } }))
    expect(short(MY_DELAY + SURROGATE_DELAY_BELOW - 1).store).toBeUndefined()
    expect(short(MY_DELAY + SURROGATE_DELAY_BELOW).store).toBe('x')
  })

  it('strangers that show an older one may be asked for what is missing, like anybody, and are given no more', () => {
    const strangers = ['d', 'e'].map(peer => lacking(peer, { lacks: 'older', seen: false, lacksSince: NOW - 10 * RANK_STEP }))
    const short = { since: { short: NOW - MY_DELAY }, candidates: () => [{ id: 'd', uptime: 5 }] }
    expect(decide(input([holder('a'), holder('c'), ...strangers]))).toMatchObject({ offer: [], store: undefined })
    expect(decide(input([holder('a'), away('c'), ...strangers]))).toMatchObject({ offer: [], store: undefined })
    expect(decide(input([holder('a'), away('c'), ...strangers], short))).toMatchObject({ offer: [], store: 'd' })
    // those that are known are brought up at once
    expect(decide(input([holder('a'), holder('c'), ...strangers.map(one => ({ ...one, seen: true }))])).offer).toStrictEqual(['d', 'e'])
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
