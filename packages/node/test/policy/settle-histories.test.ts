import { describe, expect, it } from 'vitest'
import { play } from './settle-model.ts'
import type { Fault, Hearing, Outcome } from './settle-model.ts'

describe('over random histories', () => {
  function total (fault?: Fault, hearing?: Hearing): Outcome {
    const sum = { confirmed: 0, wrong: 0, rolledBack: 0, deleted: 0 }

    for (let seed = 0; seed < 6_000; seed++) {
      const outcome = play(seed, fault, hearing)

      for (const key of Object.keys(sum) as Array<keyof Outcome>) {
        sum[key] += outcome[key]
      }
    }

    return sum
  }

  // each rule by itself: what others have seen would make up for most of them
  const deaf: Hearing = () => []

  it('never confirms a record that misses one which minCopies of that placement acknowledged', () => {
    const { confirmed, wrong } = total(undefined, deaf)

    expect(wrong).toBe(0)
    // and there was something to get wrong
    expect(confirmed).toBeGreaterThan(5_000)
  })

  it('never decides for less than what minCopies acknowledged and one of those who answered has seen, be it a record or its deletion', () => {
    const { confirmed, wrong, rolledBack, deleted } = total()

    expect(wrong).toBe(0)
    expect(rolledBack).toBe(0)
    expect(Math.min(confirmed, deleted)).toBeGreaterThan(500)
  })

  it('would, if what was seen were not told', () => {
    expect(total(undefined, deaf).rolledBack).toBeGreaterThan(10)
  })

  it('would, if a holder that is empty confirmed', () => {
    expect(total((answers, best) => answers.map(answer =>
      answer.status === 'answered' && answer.record == null && best != null ? { ...answer, record: best, direct: true } : answer), deaf).wrong).toBeGreaterThan(10)
  })

  it('would, if a holder that others refilled confirmed', () => {
    expect(total(answers => answers.map(answer => answer.record == null ? answer : { ...answer, direct: true }), deaf).wrong).toBeGreaterThan(5)
  })

  it('would, if one holder fewer sufficed', () => {
    expect(total(answers => answers.map(answer =>
      answer.placement == null ? answer : { ...answer, placement: { ...answer.placement, minCopies: answer.placement.minCopies + 1 } }), deaf).wrong).toBeGreaterThan(10)
  })
})
