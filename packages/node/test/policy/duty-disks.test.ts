import { describe, expect, it } from 'vitest'
import { SPARE_COPIES, SURROGATE_DELAY, SURROGATE_DELAY_BELOW, SURROGATE_DELAY_DISK } from '../../src/constants.ts'
import { away, decide, holder, input, NOW } from './duty-inputs.ts'
import type { HolderView } from '../../src/policy/duties.ts'

const gone = (peer: string): HolderView => away(peer, { disk: 'said', took: true })
const after = (ms: number): { short: number } => ({ short: NOW - ms })

describe('a holder on a disk', () => {
  it('waits for those who went with their copies on disks, while minCopies are here, and then makes good for them', () => {
    const holders = [holder('a'), gone('c')]

    expect(decide(input(holders, { onDisk: true, since: after(SURROGATE_DELAY_DISK - 1) })).store).toBeUndefined()
    // "a" goes before us
    expect(decide(input(holders, { onDisk: true, since: after(2 * SURROGATE_DELAY_DISK) })).store).toBe('x')
  })

  it('does not if its own copy is in RAM, or theirs were, or they lost them, or even with theirs there would be too few', () => {
    for (const [others, onDisk] of [
      [[holder('a'), gone('c')], false],
      [[holder('a'), away('c')], true],
      [[holder('a'), away('c', { disk: 'seen' })], true],
      [[holder('a'), away('c', { took: true })], true]
    ] as const) {
      expect(decide(input([...others], { onDisk, since: after(2 * SURROGATE_DELAY) })).store).toBe('x')
    }

    const four = { holders: ['a', 'b', 'c', 'd'], target: 4, minCopies: 2, surrogates: 'any' as const, allowed: [] }

    expect(decide(input([holder('a'), gone('c'), away('d')], { onDisk: true, placement: four, since: after(2 * SURROGATE_DELAY) })).store).toBe('x')
  })

  it('waits no longer than any other with fewer than minCopies, whoever went with a disk: somebody is to be reached', () => {
    const since = { short: NOW - SURROGATE_DELAY_BELOW, below: NOW - SURROGATE_DELAY_BELOW }

    expect(decide(input([gone('a'), gone('c')], { onDisk: true, since })).store).toBe('x')
  })

  it('is one too many only beyond the spare copies, where one in RAM is that before', () => {
    const better = (count: number): HolderView[] => Array.from({ length: count }, (_, i) => holder(`a${i}`))
    const surrogate = { placement: { holders: ['a0', 'a1', 'a2'], target: 3, minCopies: 2, surrogates: 'any' as const, allowed: [] } }

    expect(decide(input(better(4), surrogate)).drop).toBe(true)
    expect(decide(input(better(3 + SPARE_COPIES - 1), { ...surrogate, onDisk: true })).drop).toBe(false)
    expect(decide(input(better(3 + SPARE_COPIES), { ...surrogate, onDisk: true })).drop).toBe(true)
  })
})
