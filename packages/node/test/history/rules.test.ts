import { describe, expect, it } from 'vitest'
import { check } from './check.ts'
import { TWIN, textOf } from './entries.ts'
import { RULES } from './rules.ts'
import type { Entry, Happening, SealedRecord } from './entries.ts'

const second = 1_000
const minute = 60 * second
const o = 'owner'
const placement = { id: 'p', version: 1, target: 3, holders: ['a', 'b', 'c'], surrogates: 'any', allowed: [] } as const

/** Happenings, each at a time of its own or a second after the one before. */
function history (...happenings: Array<Happening & { at?: number }>): Entry[] {
  let now = 0

  return happenings.map(happening => {
    now = happening.at ?? now + second

    return { ...happening, at: now }
  })
}

const text = (write: string, builds: string[] = []): string => textOf({ owner: o, write, builds: [...builds, write] })

function sealed (write: string, seq: number, { boot = 'boot', past = [], builds = [] }: { boot?: string, past?: SealedRecord['past'], builds?: string[] } = {}): Happening {
  return { type: 'sealed', record: { id: write, owner: o, kind: 'data', boot, seq, past, text: text(write, builds) } }
}

/** Without a boot it has no stash of its own. */
const up = (nara: string, boot?: string): Happening => ({ type: 'up', nara, boot })
const state = (state: string, record?: string): Happening => ({ type: 'state', owner: o, state, record, text: record == null ? undefined : text(record) })
const recovered = (record: string, confirmed: boolean): Happening => ({ type: 'recovered', owner: o, record, text: text(record), confirmed, answered: 2, of: 3 })
const writes = (write: string, builds: string[] = []): Happening => ({ type: 'write', owner: o, write, text: text(write, builds) })
const told = (write: string): Happening => ({ type: 'told', owner: o, write, outcome: 'kept' })
const holds = (nara: string, record: string | undefined, why?: string): Happening => ({ type: 'holds', nara, owner: o, record, ...(why == null ? {} : { why }) })
const stored = (to: string, record: string): Happening => ({ type: 'answered', request: 'store', from: o, to, owner: o, record, answer: 'stored', placement, direct: false })
const found = (from: string, record: string): Happening => ({ type: 'answered', request: 'fetch', from: o, to: from, owner: o, record, answer: 'found', placement, direct: true })
const meet = (nara: string, owner = o): Happening[] => [{ type: 'link', nara: owner, peer: nara, up: true }, { type: 'link', nara, peer: owner, up: true }]
const speaks = (nara: string, boot?: string): Happening => ({ type: 'up', nara, boot, speaks: true })

/** "one" is written, and kept by a and b. */
const KEPT: Happening[] = [
  up(o, 'boot'), up('a'), up('b'), up('c'), state('empty'), writes('one'), sealed('one', 1), state('settled', 'one'),
  holds('a', 'one'), stored('a', 'one'), holds('b', 'one'), stored('b', 'one'), told('one')
]

/** What was kept is deleted, which both took. */
const DELETED: Happening[] = [
  ...KEPT, { type: 'forget', owner: o, write: 'gone', ends: ['one'] }, { type: 'sealed', record: { id: 'gone', owner: o, kind: 'tombstone', boot: 'boot', seq: 2, past: [], text: undefined } },
  { type: 'state', owner: o, state: 'empty', record: 'gone', text: undefined }, holds('a', 'gone'), stored('a', 'gone'), holds('b', 'gone'), stored('b', 'gone'), { type: 'forgotten', owner: o, write: 'gone', outcome: 'forgotten' }
]

/** The owner's next process. */
const AGAIN: Happening[] = [{ type: 'down', nara: o, how: 'kill' }, up(o, 'boot 2')]

/** What is wrong with a history, by the beginning of the rules' names. */
const broken = (...happenings: Array<Happening & { at?: number }>): string[] => check(history(...happenings)).map(({ rule }) => rule.split(':')[0] as string)

describe('a history that is as it should be breaks no rule', () => {
  it('a write that is kept, and recovered', () => {
    expect(broken(...KEPT, ...AGAIN, ...meet('a'), found('a', 'one'), recovered('one', true), state('settled', 'one'), { type: 'look', at: 10 * minute })).toEqual([])
  })

  it('an older version that is settled on while nobody else is within reach, and said to be unconfirmed', () => {
    expect(broken(...KEPT, writes('two', ['one']), sealed('two', 2, { builds: ['one'] }), holds('a', 'two'), stored('a', 'two'), holds('c', 'two'), stored('c', 'two'), told('two'),
      ...AGAIN, ...meet('b'), found('b', 'one'), { ...recovered('one', false), at: minute })).toEqual([])
  })

  it('a leftover that nobody had acknowledged when it was covered, and that another process found alone and kept', () => {
    const shown = (from: string, record: string): Happening => ({ ...found(from, record), shows: [record] }) as Happening
    const past = (seq: number): SealedRecord['past'] => [{ boot: 'boot', seq }]
    const left: Happening[] = [...KEPT, writes('two', ['one']), sealed('two', 2, { builds: ['one'] }), holds('a', 'two'), ...AGAIN, shown('a', 'two'), sealed('again', 3, { boot: 'boot 2', past: past(2), builds: ['one'] })]
    const kept: Happening[] = [{ type: 'down', nara: o, how: 'kill' }, up(o, 'boot 3'), stored('a', 'two'), holds('c', 'two'), stored('c', 'two'), told('two'),
      { type: 'down', nara: o, how: 'kill' }, up(o, 'boot 4'), shown('b', 'again')]
    const covering = (...happenings: Happening[]): string[] =>
      broken(...happenings, sealed('anew', 4, { boot: 'boot 4', past: [...past(2), { boot: 'boot 2', seq: 3 }], builds: ['one'] }))

    expect(covering(...left, ...kept)).toEqual([])
    // once it is kept, the first that covers it does so unseen
    expect(covering(...left.slice(0, -1), ...kept, shown('a', 'two'))).toEqual(['nothing is covered unseen'])
  })

  it('one that was acknowledged by those who died', () => {
    expect(broken(...KEPT, { type: 'down', nara: 'a', how: 'cut' }, holds('a', undefined, 'died'), { type: 'down', nara: 'b', how: 'cut' }, holds('b', undefined, 'died'),
      ...AGAIN, ...meet('c'), { ...state('empty'), at: minute }, { type: 'end' })).toEqual([])
  })

  it('one that a person decided against', () => {
    expect(broken(...KEPT, ...AGAIN, ...meet('a'), found('a', 'one'), state('doubtful'), { type: 'choose', owner: o, how: 'fresh' }, { type: 'chose', owner: o, how: 'fresh', text: undefined }, state('empty'),
      { type: 'look', at: 10 * minute })).toEqual([])
  })
})

describe('what was deleted', () => {
  const day = 24 * 60 * minute
  /** It comes back with what a third one has, who was away. */
  const back: Happening[] = [holds('c', 'one'), ...AGAIN, ...meet('c'), found('c', 'one')]
  const goesOn = (...happenings: Happening[]): string[] =>
    broken(...DELETED, ...happenings, { ...recovered('one', false), at: minute }, state('settled', 'one'), ...meet('a'), { type: 'look', at: 10 * minute })

  it('is not recovered within reach of who took the tombstone, whatever that one has now', () => {
    expect(broken(...DELETED, ...back, ...meet('a'), { ...recovered('one', false), at: minute })).toContain('forgotten')
    expect(broken(...DELETED, holds('a', undefined), ...back, ...meet('a'), { ...recovered('one', false), at: minute })).toEqual(['promised', 'forgotten'])
    expect(broken(...DELETED, ...back, { ...recovered('one', false), at: minute })).toEqual([])
  })

  it('is not what an owner goes on with once it meets one of those', () => {
    expect(goesOn(...back)).toContain('forgotten')
    expect(goesOn({ type: 'down', nara: 'a', how: 'cut' }, holds('a', undefined, 'died'), up('a'), ...back)).toEqual([])
    expect(goesOn({ type: 'lie', nara: 'a', lie: 'drops' }, ...back)).not.toContain('forgotten')
  })

  it('is not taken up again by who took the tombstone', () => {
    expect(broken(...DELETED, holds('a', undefined), holds('a', 'one'))).toContain('forgotten')
    expect(broken(...DELETED, sealed('two', 3, { past: [] }), holds('a', 'two'))).toEqual([])
  })

  it('is not held in the end', () => {
    expect(broken(...DELETED, holds('c', 'one'), { type: 'end' })).toContain('forgotten')
    expect(broken(...DELETED, { type: 'end' })).toEqual([])
  })

  it('may come back when the days of the tombstone are over', () => {
    const jumps: Happening[] = [{ type: 'jump', nara: 'a', clock: 'own', ms: 23 * day }, { type: 'jump', nara: 'b', clock: 'own', ms: 23 * day }]
    expect(broken(...DELETED, holds('a', undefined))).toEqual(['promised'])
    expect(broken(...DELETED, ...jumps, holds('a', undefined), ...back, ...meet('a'), { ...recovered('one', false), at: minute })).toEqual([])
  })

  it('and its tombstone are on a disk, or gone with the process', () => {
    const again = (keeps: boolean): string[] => {
      const [start, ...rest] = DELETED
      const disk: Happening[] = keeps ? [{ type: 'up', nara: 'a', boot: undefined, keeps }] : []

      return broken(start as Happening, ...disk, ...rest.filter(happening => disk.length === 0 || happening.type !== 'up' || happening.nara !== 'a'),
        { type: 'down', nara: 'a', how: 'cut' }, { type: 'up', nara: 'a', boot: undefined, keeps }, ...back, ...meet('a'), { ...recovered('one', false), at: minute })
    }

    expect(again(true)).toContain('forgotten')
    expect(again(false)).not.toContain('forgotten')
  })
})

it('what a predecessor left with somebody who is out of reach may be taken for a twin\'s', () => {
  const told = (...happenings: Happening[]): string[] =>
    broken(...KEPT, sealed('two', 2, { builds: ['one'] }), holds('a', 'two'), ...AGAIN, ...meet('b'), found('b', 'one'), recovered('one', false), state('settled', 'one'), ...happenings, { type: 'twin', owner: o, boot: 'boot' })

  expect(told()).not.toContain('alone')
  expect(told(...meet('a'))).toContain('alone')
  expect(told(holds('a', undefined, 'its owner said so'))).toContain('alone')
})

it('who was given a header may be empty if that was deleted, or if a person says so', () => {
  const again: Happening[] = [...KEPT, { type: 'down', nara: o, how: 'kill' }, ...['a', 'b'].map(nara => holds(nara, undefined, 'its owner said so')), { type: 'up', nara: o, boot: 'boot 2', knows: 'one' }]
  const tombstone: SealedRecord = { id: 'gone', owner: o, kind: 'tombstone', boot: 'boot', seq: 2, past: [], text: undefined }

  expect(broken(...again, state('doubtful'))).not.toContain('remembered')
  expect(broken(...again, { type: 'sealed', record: tombstone }, state('empty', 'gone'))).not.toContain('remembered')
  expect(broken(...again, state('doubtful'), { type: 'choose', owner: o, how: 'fresh' }, state('empty'))).not.toContain('remembered')
})

it('who lies need not tell two processes of each other', () => {
  expect(broken(...KEPT, { type: 'lie', nara: 'a', lie: 'drops' }, ...meet('a'), up(o + TWIN, 'boot 2'), ...meet('a', o + TWIN), { type: 'look', at: 60 * minute })).not.toContain('seen')
})

it('of two deletions that do not know of each other an owner shows one, once it has been shown the other', () => {
  const other: SealedRecord = { id: 'other', owner: o, kind: 'tombstone', boot: 'boot 1', seq: 2, past: [], text: undefined }
  const empty = (shows: string[], record: string): string[] => broken(...DELETED, { type: 'sealed', record: other }, holds('c', 'other'), ...AGAIN, ...meet('c'), { ...found('c', 'other'), shows } as Happening,
    ...meet('a'), { type: 'state', owner: o, state: 'empty', record, text: undefined, at: minute }, { type: 'look', at: 10 * minute })

  expect(empty(['other'], 'gone')).toEqual([])
  expect(empty([], 'gone')).toEqual(['heard out', 'no silence'])
})

it('two copies of what is current may be on disks beside its holders', () => {
  const more = (keeps: boolean, ...naras: string[]): string[] =>
    broken(...KEPT, holds('c', 'one'), ...naras.flatMap((nara): Happening[] => [{ type: 'up', nara, boot: undefined, keeps }, holds(nara, 'one')]), { type: 'end' })

  expect(more(true, 'd', 'e')).toEqual([])
  expect(more(true, 'd', 'e', 'f')).toContain('bounded')
  expect(more(false, 'd')).toContain('bounded')
})

it('holders on disks may wait for a copy that went with its disk', () => {
  const less = (...disks: string[]): string[] => {
    const start = (nara: string): Happening => ({ type: 'up', nara, boot: undefined, keeps: disks.includes(nara) })

    return broken(...KEPT.filter(({ type }) => type !== 'up'), up(o, 'boot'), ...['a', 'b', 'c', 'd'].map(start), ...['a', 'b', 'c'].map(nara => holds(nara, 'one')),
      { type: 'down', nara: o, how: 'cut' }, { type: 'alone', owner: o }, { type: 'down', nara: 'c', how: 'cut' }, ...(disks.includes('c') ? [] : [holds('c', undefined, 'died')]), { type: 'alone end', owner: o })
  }

  expect(less('a', 'b', 'c')).not.toContain('in turn')
  expect(less('a', 'b')).toContain('in turn')
  expect(less('a', 'c')).toContain('in turn')
})

it('a doubt must show what is still held', () => {
  const doubting = (readable: string[]): string[] =>
    broken(...KEPT, ...AGAIN, { type: 'doubt', owner: o, reason: 'ROLLBACK_SUSPECTED', records: ['one'], readable }, state('doubtful'), { type: 'end' })

  expect(doubting([])).toContain('in the end')
  expect(doubting(['one'])).not.toContain('in the end')
})

describe('each rule is broken by', () => {
  const two = [writes('two', ['one']), sealed('two', 2, { builds: ['one'] }), holds('a', 'two'), stored('a', 'two'), holds('b', 'two'), stored('b', 'two'), told('two')]

  const BREACHES: Record<string, Array<Happening & { at?: number }>> = {
    whole: [...KEPT, { type: 'aside', owner: o, text: text('one').slice(1) }],
    kept: [...KEPT.slice(0, -3), told('one')],
    'acknowledged after it is kept': [...KEPT, stored('c', 'one')],
    'writes wait': [...KEPT, ...AGAIN, writes('two'), sealed('two', 1, { boot: 'boot 2' }), { type: 'sent', request: 'store', from: o, to: 'a', owner: o, record: 'two' }],
    'heard out': [...KEPT, ...two, ...AGAIN, ...meet('a'), ...meet('c'), found('c', 'one'), { ...recovered('one', false), at: minute }],
    confirmed: [...KEPT, ...two, ...AGAIN, ...meet('c'), found('c', 'one'), recovered('one', true)],
    'no silence': [...KEPT, ...two, ...AGAIN, ...meet('c'), found('c', 'one'), { ...recovered('one', false), at: minute }, ...meet('a'), { type: 'look', at: 10 * minute }],
    'nothing is covered unseen': [...KEPT, ...two, ...AGAIN, writes('three'), sealed('three', 3, { boot: 'boot 2', past: [{ boot: 'boot', seq: 2 }] })],
    promised: [...KEPT, holds('a', undefined, 'relieved')],
    said: [...KEPT, holds('c', 'one'), holds('a', undefined)],
    'in the end': [...KEPT, ...AGAIN, state('empty'), { type: 'end' }],
    forgotten: [...KEPT, { type: 'forget', owner: o, write: 'gone', ends: ['one'] },
      { type: 'sealed', record: { id: 'gone', owner: o, kind: 'tombstone', boot: 'boot', seq: 2, past: [], text: undefined } },
      state('empty', 'gone'), holds('b', 'gone'), { type: 'forgotten', owner: o, write: 'gone', outcome: 'forgotten' }, { type: 'end' }],
    bounded: [...KEPT, holds('c', 'one'), up('d'), holds('d', 'one'), { type: 'end' }],
    'in turn': [...KEPT, up('d'), up('e'), { type: 'down', nara: o, how: 'cut' }, { type: 'alone', owner: o }, ...['c', 'd', 'e'].map(nara => holds(nara, 'one'))],
    remembered: [...KEPT, { type: 'down', nara: o, how: 'kill' }, { type: 'up', nara: o, boot: 'boot 2', knows: 'one' }, state('empty')],
    shown: [...KEPT, ...AGAIN, sealed('three', 3, { boot: 'boot 2', past: [{ boot: 'boot', seq: 1 }], builds: ['one'] })],
    alone: [...KEPT, ...AGAIN, { type: 'twin', owner: o, boot: 'boot' }],
    heard: [speaks(o, 'boot'), speaks('a'), speaks(o + TWIN, 'boot 2'), ...meet('a'), ...meet('a', o + TWIN), { type: 'look', at: 10 * minute }],
    seen: [...KEPT, ...meet('a'), up(o + TWIN, 'boot 2'), ...meet('a', o + TWIN), { type: 'look', at: 60 * minute }],
    'built on': [...KEPT, up(o + TWIN, 'boot 2'), sealed('two', 2, { boot: 'boot 2', past: [{ boot: 'boot', seq: 1 }], builds: ['one'] }), { ...found('a', 'two'), shows: ['two'] } as Happening, { type: 'look', at: 10 * minute }],
    noticed: [...KEPT, ...meet('a'), up(o + TWIN, 'boot 2'), sealed('two', 2, { boot: 'boot 2', past: [{ boot: 'boot', seq: 1 }], builds: ['one'] }), holds('a', 'two'), { type: 'look', at: 30 * minute }],
    admitted: [...KEPT, up('d'), { ...stored('d', 'one'), from: 'a', placement: { ...placement, surrogates: 'listed', allowed: ['e'] } } as Happening],
    'left alone': [{ type: 'up', nara: o, boot: 'boot', allows: { surrogates: 'none', allowed: [] } }, ...KEPT.slice(1), holds('c', 'one'), up('d'), holds('d', 'one'), { type: 'end' }],
    'in force': [{ type: 'up', nara: o, boot: 'boot', allows: { surrogates: 'none', allowed: [] } }, ...KEPT.slice(1), { type: 'end' }],
    leased: [...KEPT, holds('c', 'one'), holds('a', undefined, 'its lease ran out')]
  }

  for (const [rule, happenings] of Object.entries(BREACHES)) {
    it(rule, () => { expect(broken(...happenings)).toContain(rule) })
  }

  it('something here', () => {
    expect(new Set(Object.keys(BREACHES))).toEqual(new Set(RULES.map(({ name }) => name.split(':')[0])))
  })
})
