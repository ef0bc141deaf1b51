import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OwnAbsence } from '../../src/held/own-absence.ts'

const MINUTE = 60_000

describe('the sum of one\'s own absence', () => {
  it('is the same whether it is told at the end or bit by bit', () => {
    const [atOnce, bitByBit] = [new OwnAbsence(), new OwnAbsence()]
    let untold = 0
    let since = 0

    for (let now = 101 * MINUTE; now <= 160 * MINUTE; now += MINUTE) {
      const told = bitByBit.note(MINUTE, now)
      untold += told.untold
      since = told.since
    }

    expect({ untold, since }).toStrictEqual({ untold: 60 * MINUTE, since: 100 * MINUTE })
    expect(atOnce.note(60 * MINUTE, 160 * MINUTE)).toStrictEqual({ untold: 60 * MINUTE, since: 100 * MINUTE })
  })

  it('goes on over a gap that is short, which it does not count as untold, and begins anew after a long one', () => {
    const absence = new OwnAbsence()

    expect(absence.note(10 * MINUTE, 20 * MINUTE)).toStrictEqual({ untold: 10 * MINUTE, since: 10 * MINUTE })
    expect(absence.note(MINUTE, 23 * MINUTE)).toStrictEqual({ untold: MINUTE, since: 10 * MINUTE })
    expect(absence.note(MINUTE, 27 * MINUTE)).toStrictEqual({ untold: MINUTE, since: 26 * MINUTE })
  })

  it('counts no time twice, and none that was not told', () => {
    const reports = fc.array(fc.record({ pass: fc.integer({ min: 0, max: 30 }), length: fc.integer({ min: 0, max: 40 }) }), { maxLength: 30 })

    fc.assert(fc.property(reports, script => {
      const absence = new OwnAbsence()
      const told = new Set<number>()
      let now = 100
      let sum = 0

      script.forEach(({ pass, length }, i) => {
        now += pass
        Array.from({ length }, (_, t) => now - t).forEach(t => told.add(t))
        const { untold, since } = absence.note(length, now)
        sum += untold

        expect(untold).toBe(i === 0 ? length : Math.min(length, pass))
        expect(since).toBeLessThanOrEqual(now - untold)
        expect(sum).toBeLessThanOrEqual(told.size)
      })
    }))
  })
})
