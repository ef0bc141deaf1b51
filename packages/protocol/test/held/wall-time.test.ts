import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awayFor, surely } from '../../src/held/wall-time.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const NOVEMBER = Date.UTC(2026, 10, 22)

describe('the time of day', () => {
  it('is what the machine believes, if that goes on from what was known', () => {
    expect(surely(NOVEMBER, 0, undefined)).toBe(NOVEMBER)
    expect(surely(NOVEMBER + MINUTE, MINUTE, { wallTime: NOVEMBER, now: 0 })).toBe(NOVEMBER + MINUTE)
    expect(surely(NOVEMBER + DAY, MINUTE, { wallTime: NOVEMBER, now: 0 })).toBe(NOVEMBER + DAY)
  })

  it.each([['1970', 5 * MINUTE], ['the time of its making', Date.UTC(2018, 5, 1)]])('is not known to a machine that wakes up in %s', (_, believed) => {
    expect(surely(believed, 0, undefined)).toBeUndefined()
    expect(surely(believed, 7 * MINUTE, { wallTime: NOVEMBER, now: 2 * MINUTE })).toBe(NOVEMBER + 5 * MINUTE)
  })

  it('never goes back, and never stands still', () => {
    fc.assert(fc.property(fc.array(fc.record({ believed: fc.nat(10 * NOVEMBER), ran: fc.nat(DAY) })), steps => {
      let known: { wallTime: number, now: number } | undefined
      let now = 0

      for (const { believed, ran } of steps) {
        now += ran
        const wallTime = surely(believed, now, known)
        expect((wallTime ?? 0) - (known?.wallTime ?? 0)).toBeGreaterThanOrEqual(known == null ? 0 : ran)
        known = wallTime == null ? known : { wallTime, now }
      }
    }))
  })
})

describe('the time away', () => {
  it('is what went by since the time was last known', () => {
    expect(awayFor(NOVEMBER, NOVEMBER + 3 * DAY)).toBe(3 * DAY)
    expect(awayFor(NOVEMBER, NOVEMBER)).toBe(0)
  })

  it.each([
    ['goes back', NOVEMBER, NOVEMBER - 1],
    ['wakes up in 1970', NOVEMBER, MINUTE],
    ['was in 1970 before', MINUTE, NOVEMBER],
    ['never told', undefined, NOVEMBER]
  ])('is not told by a clock that %s', (_, last, believed) => {
    expect(awayFor(last, believed)).toBeUndefined()
  })
})
