import { covers } from './covers.ts'
import { name } from './claims.ts'
import type { RecordFacts } from './fact-types.ts'
import type { Facts } from './facts.ts'
import type { Rule } from './rule.ts'

/**
 * A process that was given the header of the newest version that an earlier one knew to be acknowledged says no less than that: as long as nobody has it, or what
 * builds on it, it is in doubt ("lost"), and a person may decide to begin anew. What was deleted since may be gone.
 */
export const KNOWN_RULES: readonly Rule[] = [
  {
    name: 'remembered: who was given an acknowledged header says neither that there is nothing nor something older',
    after: (facts, entry) => {
      if (entry.type !== 'state' && entry.type !== 'recovered' && entry.type !== 'watermark') {
        return []
      }

      const known = facts.records.get(facts.nara(entry.owner).knows ?? '')
      const shown = facts.records.get(entry.record ?? '')
      const isEmpty = entry.type === 'state' && entry.state === 'empty'
      const isSaid = isEmpty || entry.type !== 'state' || entry.state === 'settled'

      return known == null || !isSaid || (isEmpty ? mayBeEmpty(facts, entry.owner, known, shown) : shown != null && isAtLeast(shown, known))
        ? []
        : [`${entry.owner} was given ${name(known)} and says ${shown == null ? 'that there is nothing' : name(shown)}`]
    }
  }
]

function isAtLeast (shown: RecordFacts, known: RecordFacts): boolean {
  return shown.id === known.id || covers(shown, known)
}

function mayBeEmpty (facts: Facts, owner: string, known: RecordFacts, shown: RecordFacts | undefined): boolean {
  const isDeleted = known.kind === 'tombstone' || (shown?.kind === 'tombstone' && isAtLeast(shown, known))

  return isDeleted || facts.owner(owner).isFresh
}
