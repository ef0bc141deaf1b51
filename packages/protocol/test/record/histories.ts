import fc from 'fast-check'
import { pastOf } from '../../src/record/order.ts'
import type { Ordered } from '../../src/record/order.ts'

/** A record, and what it really builds on, which the order rule does not get to see. */
export interface Written extends Ordered {
  ancestors: ReadonlySet<string>
}

/** Writes the next record of `boot`, honestly, on top of all that it knows. */
export function write (id: string, boot: string, known: readonly Written[]): Written {
  return {
    id,
    boot,
    seq: 1 + Math.max(0, ...known.map(({ seq }) => seq)),
    past: pastOf(known, boot),
    ancestors: new Set(known.flatMap(record => [record.id, ...record.ancestors]))
  }
}

/**
 * All that one owner ever wrote, in any number of boots that knew more or less of each other: each entry names the boot
 * that writes and which of the earlier records it has met. A boot knows its own last record.
 */
export function histories (boots: number, length: fc.ArrayConstraints): fc.Arbitrary<Written[]> {
  // counted from the last one back: mostly news, at times something long past
  const ago = fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(100) })
  const step = fc.record({ boot: fc.nat(boots - 1), met: fc.array(ago, { minLength: 1, maxLength: 2 }) })

  return fc.array(step, length).map(steps => {
    const written: Written[] = []

    steps.forEach(({ boot, met }, i) => {
      const name = bootName(boot)
      const own = written.filter(record => record.boot === name).slice(-1)
      const others = met.flatMap(ago => written[i - 1 - ago] ?? [])
      written.push(write(`record ${i}`, name, [...own, ...others]))
    })

    return written
  })
}

/** 16 hex digits, as in a header. */
export function bootName (number: number): string {
  return number.toString(16).padStart(16, '0')
}
