import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plan } from '../../src/policy/plan.ts'
import { onDisks, onSeenDisks, select } from '../../src/policy/select.ts'
import { pickSurrogate } from '../../src/policy/surrogate.ts'
import { addresses } from './places.ts'
import { away, copy, decide, input } from './plan-inputs.ts'
import type { Candidate, Disk } from '../../src/policy/select.ts'

const NOW = 1_000
const disks = fc.constantFrom<Disk | undefined>('seen', 'said', undefined)

const situation = fc.record({
  candidates: fc.array(fc.record({ uptime: fc.nat(5), address: addresses, disk: disks }), { maxLength: 12 })
    .map(list => list.map(({ uptime, address, disk }, i): Candidate => ({ id: `${i}`, uptime, ...(address == null ? {} : { address }), ...(disk == null ? {} : { disk }) }))),
  count: fc.integer({ min: 1, max: 5 }),
  onDisk: fc.nat(3),
  seed: fc.nat()
})

function picked (candidates: readonly Candidate[], ids: readonly string[]): Candidate[] {
  return ids.flatMap(id => candidates.filter(candidate => candidate.id === id))
}

const seen = (of: readonly Candidate[]): Candidate[] => of.filter(({ disk }) => disk === 'seen')

describe('of confidants that are chosen', () => {
  it('as many as wanted are on disks that were seen, where there are so many', () => {
    fc.assert(fc.property(situation, ({ candidates, count, onDisk, seed }) => {
      const picks = picked(candidates, select(candidates, { count, present: [], now: NOW, onDisk }, seededRandom(seed)))

      expect(seen(picks).length).toBeGreaterThanOrEqual(Math.min(onDisk, count, seen(candidates).length))
    }), { numRuns: 1_000 })
  })

  it('those beyond that are chosen as ever: who merely says that it has a disk has no more of them than its share', () => {
    const honest = Array.from({ length: 10 }, (_, i): Candidate => ({ id: `honest ${i}`, uptime: 1 }))
    const liars = Array.from({ length: 10 }, (_, i): Candidate => ({ id: `liar ${i}`, uptime: 1, disk: 'said' }))
    const thirds = Array.from({ length: 400 }, (_, seed) => picked([...honest, ...liars], select([...honest, ...liars], { count: 3, present: [], now: NOW, onDisk: 2 }, seededRandom(seed)))[2])

    // by chance alone of 18, 8 of whom lie
    expect(thirds.filter(third => third?.disk != null).length).toBeLessThan(0.55 * thirds.length)
  })

  it('a disk that was seen goes before any that is said to be there, and distance before the latter', () => {
    const near = { address: '192.0.2.1', uptime: 9 }
    const present = [{ id: 'p', address: '192.0.2.2' }]
    const pick = (...candidates: Candidate[]): string[] => select(candidates, { count: 1, present, now: NOW, onDisk: 2 }, seededRandom(1))

    expect(pick({ id: 'near', ...near, disk: 'seen' }, { id: 'far', uptime: 1, address: '198.51.100.1', disk: 'said' })).toStrictEqual(['near'])
    expect(pick({ id: 'near', ...near, disk: 'said' }, { id: 'far', uptime: 1, address: '198.51.100.1' })).toStrictEqual(['far'])
    expect(pick({ id: 'ram', uptime: 9, address: '198.51.100.2' }, { id: 'disk', uptime: 1, address: '198.51.100.1', disk: 'said' })).toStrictEqual(['disk'])
  })

  it('holders that choose in their place want a disk, seen or said, and of those the one that ran longest', () => {
    const candidates: Candidate[] = [{ id: 'ram', uptime: 99 }, { id: 'said', uptime: 9, disk: 'said' }, { id: 'seen', uptime: 1, disk: 'seen' }]
    const pick = (present: Candidate[], of = candidates): string | undefined => pickSurrogate({ now: NOW, target: 3, minCopies: 2, present, candidates: of }, seededRandom(1))
    const ours: Candidate = { id: 'self', uptime: 0, disk: 'seen' }

    expect(pick([ours])).toBe('said')
    expect(pick([ours, { ...ours, id: 'other' }])).toBe('ram')
  })
})

describe('an owner with holders in RAM', () => {
  const ram = [copy('a'), copy('b'), copy('c')]
  const later: Candidate[] = [{ id: 'x', uptime: 1, disk: 'said' }, { id: 'y', uptime: 1, disk: 'said' }, { id: 'z', uptime: 1, disk: 'said' }]
  const acknowledged = { isAcknowledged: true, candidates: later }

  it('has as many on disks as make it safe, once there are any, and lets go of those in RAM when they have it', () => {
    const { holders } = decide(input(ram, acknowledged))

    expect(holders).toHaveLength(5)
    expect(holders.slice(0, 3)).toStrictEqual(['a', 'b', 'c'])

    const [d, e] = holders.slice(3) as [string, string]
    const storing = [d, e].map(peer => copy(peer, { disk: 'said', record: undefined as unknown as string }))

    expect(decide(input([...ram, ...storing], acknowledged)).holders).toStrictEqual(holders)

    const moved = decide(input([...ram, copy(d, { disk: 'said' }), copy(e, { disk: 'said' })], acknowledged)).holders

    expect(moved).toStrictEqual(['a', d, e])
    // and that is that
    expect(decide(input([copy('a'), copy(d, { disk: 'said' }), copy(e, { disk: 'said' })], acknowledged)).holders).toStrictEqual(['a', d, e])
  })

  it('moves what is on disks that are merely said to be there to those that were seen, and not to others of which that is said', () => {
    const said = ['a', 'b', 'c'].map(peer => copy(peer, { disk: 'said' }))

    expect(decide(input(said, acknowledged)).holders).toStrictEqual(['a', 'b', 'c'])

    const seen = { ...acknowledged, candidates: [...later, { id: 's', uptime: 1, disk: 'seen' as const }] }
    expect(decide(input(said, seen)).holders).toStrictEqual(['a', 'b', 'c', 's'])
    expect(decide(input([...said, copy('s', { disk: 'seen' })], seen)).holders).toStrictEqual(['a', 'b', 's'])
  })

  it('does not before the record is acknowledged, nor while somebody is away, nor in place of those who are pinned', () => {
    expect(decide(input(ram, { ...acknowledged, isAcknowledged: false })).holders).toStrictEqual(['a', 'b', 'c'])
    expect(decide(input([copy('a'), copy('b'), away('c', 1_000_000)], acknowledged)).holders).toStrictEqual(['a', 'b', 'c'])
    expect(decide(input(ram, { ...acknowledged, pinned: ['a', 'b', 'c'] })).holders).toStrictEqual(['a', 'b', 'c'])
    expect(decide(input(ram, { ...acknowledged, pinned: ['a', 'b'] })).holders).toHaveLength(4)
  })

  it('comes to rest, whoever has a disk: what it plans with everybody here and whole is what it has', () => {
    fc.assert(fc.property(fc.array(disks, { minLength: 3, maxLength: 3 }), fc.array(disks, { maxLength: 4 }), fc.subarray(['a', 'b', 'c']), fc.nat(), (of, others, pinned, seed) => {
      let copies = ['a', 'b', 'c'].map((peer, i) => copy(peer, of[i] == null ? {} : { disk: of[i] }))
      const candidates = others.map((disk, i): Candidate => ({ id: `x${i}`, uptime: i, ...(disk == null ? {} : { disk }) }))
      const everybody = new Map([...copies.map(({ peer, disk }) => [peer, disk] as const), ...candidates.map(({ id, disk }) => [id, disk] as const)])
      let before: readonly string[] = []

      for (let round = 0; round < 8; round++) {
        before = copies.map(({ peer }) => peer)
        const { holders } = plan(input(copies, { isAcknowledged: true, pinned, candidates: candidates.filter(({ id }) => !before.includes(id)) }), seededRandom(seed + round))
        const disk = (peer: string): { disk?: Disk } => everybody.get(peer) == null ? {} : { disk: everybody.get(peer) as Disk }
        // who is new has nothing yet at the next look
        copies = holders.map(peer => before.includes(peer) ? copy(peer, disk(peer)) : { ...copy(peer, disk(peer)), record: '' })
      }

      expect(copies.map(({ peer }) => peer)).toStrictEqual(before)
      const unpinned = copies.filter(({ peer }) => !pinned.includes(peer))
      // none is in RAM that could be on a disk, nor on one that is said to be there where another was seen
      expect(onSeenDisks(copies) >= 2 || unpinned.every(({ disk }) => disk === 'seen') || candidates.every(({ id, disk }) => disk !== 'seen' || before.includes(id))).toBe(true)
      expect(onDisks(copies) >= 2 || unpinned.every(({ disk }) => disk != null) || candidates.every(({ id, disk }) => disk == null || before.includes(id))).toBe(true)
    }), { numRuns: 500 })
  })
})
