import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'

/** Payloads that differ from an honest one in one place, and bytes that have nothing to do with it. */
export function mutated (honest: Uint8Array): fc.Arbitrary<Uint8Array> {
  const altered = fc.tuple(
    fc.integer({ min: 0, max: honest.byteLength }), fc.integer({ min: 0, max: 4 }), fc.uint8Array({ maxLength: 6 })
  ).map(([at, removed, inserted]) => concat([honest.subarray(0, at), inserted, honest.subarray(at + removed)]))

  return fc.oneof(altered, fc.uint8Array({ maxLength: 200 }))
}
