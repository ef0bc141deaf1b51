import type { Entry } from './entries.ts'
import type { Facts } from './facts.ts'

/** What must be so, entry by entry: what is said is what is wrong. */
export interface Rule {
  name: string
  /** What is wrong with `entry`, given what was so before it. */
  before? (facts: Facts, entry: Entry): string[]
  /** What is wrong once `entry` is so. */
  after? (facts: Facts, entry: Entry): string[]
}
