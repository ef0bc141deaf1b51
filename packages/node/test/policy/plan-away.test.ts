import { MAX_HOLDERS } from '@nara-stash/protocol'
import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DISK_REPAIR_DELAY, FAILED_AWAY, REUNION } from '../../src/constants.ts'
import { plan } from '../../src/policy/plan.ts'
import { distinctCopies } from '../../src/policy/select.ts'
import { addresses } from './places.ts'
import { away, copy, decide, DELAY, input, NOW, spare } from './plan-inputs.ts'
import type { CopyView, PlanInput } from '../../src/policy/plan.ts'
import type { Disk } from '../../src/policy/select.ts'

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

  const onDisk = (peer: string, since: number, state: Partial<CopyView> = {}): CopyView => away(peer, since, { disk: 'said', took: true, ...state })
  const acknowledged = { candidates: both, isAcknowledged: true }

  it('is waited for two hours if it went with its copy on a disk', () => {
    expect(decide(input([...two, onDisk('c', NOW - DELAY)], acknowledged)).holders).toStrictEqual(['a', 'b', 'c'])
    expect(decide(input([...two, onDisk('c', NOW - DISK_REPAIR_DELAY + 1)], acknowledged))).toMatchObject({ holders: ['a', 'b', 'c'], wakeAt: NOW + 1 })
    expect(decide(input([...two, onDisk('c', NOW - DISK_REPAIR_DELAY)], acknowledged)).holders).not.toContain('c')
  })

  it('below minCopies others help out at once, whatever disk it says it has', () => {
    fc.assert(fc.property(fc.constantFrom<Disk>('said', 'seen'), fc.boolean(), fc.nat(), (disk, took, seed) => {
      const copies = [copy('a'), onDisk('b', NOW, { disk, took }), onDisk('c', NOW, { disk, took })]
      const { holders } = plan(input(copies, acknowledged), seededRandom(seed))

      expect(holders).toStrictEqual(expect.arrayContaining(['a', 'x', 'y']))
    }))
  })

  it('keeps its place beside those who help out, if it went with its copy on a disk, until they hold it, and for two hours at most', () => {
    const { holders } = decide(input([copy('a'), onDisk('b', NOW), away('c', NOW)], acknowledged))

    // what c had was in RAM
    expect(holders.toSorted()).toStrictEqual(['a', 'b', 'x', 'y'])

    const helped = [copy('a', { disk: 'said' }), onDisk('b', NOW), copy('x', { disk: 'said' }), copy('y', { disk: 'said' })]
    expect(decide(input(helped, acknowledged)).holders).toStrictEqual(['a', 'x', 'y'])

    const late = decide(input([copy('a'), onDisk('b', NOW - DISK_REPAIR_DELAY), onDisk('c', NOW)], acknowledged))
    expect(late.holders.toSorted()).toStrictEqual(['a', 'c', 'x', 'y'])
  })

  it('on a disk or not, is replaced at once below minCopies until the record is acknowledged', () => {
    const { holders } = decide(input([copy('a'), away('b', NOW, { disk: 'said', took: true }), away('c', NOW, { disk: 'said', took: true })], { candidates: both, isAcknowledged: false }))

    expect(holders.toSorted()).toStrictEqual(['a', 'x', 'y'])
  })

  it('is given time to be back if it was we who were away, below minCopies and when its delay is over', () => {
    for (const copies of [[copy('a'), away('b', NOW), away('c', NOW)], [...two, away('c', NOW - 10 * DELAY)]]) {
      const holders = copies.map(({ peer }) => peer)

      expect(decide(input(copies, { candidates: both, reunitedAt: NOW - REUNION + 1 }))).toStrictEqual({ holders, stores: [], wakeAt: NOW + 1 })
      expect(decide(input(copies, { candidates: both, reunitedAt: NOW - REUNION })).holders).not.toContain('c')
    }
  })

  it('also where there are as many holders as there can be, and a helper has a place of its own', () => {
    const address = '192.0.2.1'
    const elsewhere = '198.51.100.1'

    for (const place of [0, MAX_HOLDERS - 1]) {
      for (const record of ['old', 'new']) {
        const here = Array.from({ length: MAX_HOLDERS - 1 }, (_, i) => copy(`here ${i}`, { address, record: 'old' }))
        const gone = { ...away('gone', NOW), address }
        const holders = here.map(({ peer }) => peer).toSpliced(place, 0, 'gone')
        // its view is there: it was asked before
        const helper = copy('x', { address: elsewhere, record })
        const decided = decide(input([gone, ...here, helper], {
          isAcknowledged: true,
          placement: { id: 'p', holders },
          candidates: [{ id: 'x', uptime: 1, address: elsewhere, holds: record === 'new' }],
          reunitedAt: NOW - REUNION + 1
        }))

        expect(decided.holders).toContain('gone')
      }
    }
  })

  it('but not if it has failed', () => {
    expect(decide(input([...two, copy('c', { refused: true })], { candidates: both, reunitedAt: NOW })).holders).not.toContain('c')
  })

  it('does not lose its place to who has it already before that', () => {
    const beside = { isAcknowledged: true, candidates: [{ id: 'x', uptime: 1, holds: true }] }

    expect(decide(input([...two, away('c', NOW)], { ...beside, reunitedAt: NOW - REUNION + 1 })).holders).toContain('c')
    expect(decide(input([...two, away('c', NOW)], { ...beside, reunitedAt: NOW - REUNION })).holders).toContain('x')
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

describe('a new placement of what is acknowledged', () => {
  const old = ['a', 'b'].map(peer => copy(peer, { placement: 'before' }))
  const stores = (...newcomers: CopyView[]): string[] => decide(input([...old, ...newcomers], { isAcknowledged: true, target: 4 })).stores

  it('is told to those who have it once a newcomer took it, or none may any longer', () => {
    const [none, lagging] = [copy('x', { record: 'old', placement: 'before' }), copy('y', { record: 'old', placement: 'before', busy: true })]

    expect(stores(none, lagging)).toStrictEqual(['x'])
    expect(stores(copy('x'), lagging)).toStrictEqual(['a', 'b'])
    expect(stores(away('x', NOW - DELAY), copy('y', { refused: true, record: 'old' }))).toStrictEqual(['a', 'b', 'y'])
    // one that went a moment ago without it is no holder to count on, either
    expect(stores(away('x', NOW - DELAY + 1))).toStrictEqual([])
    expect(decide(input([...old, away('x', NOW - DELAY + 1)], { isAcknowledged: true, target: 4 })).wakeAt).toBe(NOW + 1)
    expect(stores(away('x', NOW, { took: true }))).toStrictEqual(['a', 'b'])
    // of what is not acknowledged each copy counts
    expect(decide(input([...old, none], { isAcknowledged: false })).stores).toStrictEqual(['a', 'b', 'x'])
  })
})
