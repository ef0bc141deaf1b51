import { HEARD_OUT, SOON, isOfThePast, name, unheard } from './claims.ts'
import { covers } from './covers.ts'
import { isShared } from './rules-of-twins.ts'
import type { EntryOf } from './entries.ts'
import type { Facts, Holding } from './facts.ts'
import type { Rule } from './rule.ts'

/**
 * Who has a tombstone, or says so, has promised to keep it for its days ("promised" says that it does). What it promised counts here, and not what it shows later: a
 * nara that dies loses its RAM and is free, and so is one that takes what comes after the tombstone; one that lied counts for nothing. Of who promised:
 * - nobody takes up again what the tombstone ended, acknowledged or not;
 * and once the deletion was acknowledged, and for as long as no person decided otherwise,
 * - no owner recovers what it ended, or goes on with it for `SOON`, that was within reach of one of them for so long that it must have been told: whoever meets none of
 *   them may still come back with what a holder has that was away;
 * - in the end, with one of them here, no owner has what was deleted and no honest nara holds what the tombstone ended, unless it is in doubt.
 */
export const DELETION_RULES: readonly Rule[] = [
  {
    name: 'forgotten: what was deleted is not back, and nobody keeps it',
    before: (facts, entry) => entry.type === 'holds' ? raised(facts, entry) : [],
    after: (facts, entry) => {
      switch (entry.type) {
        case 'recovered':
          return risen(facts, entry.owner, entry.record, HEARD_OUT).filter(({ nara, since }) => since <= facts.promptSince(entry.owner, nara))
            .map(({ nara, record }) => `${entry.owner} recovers what ${name(record)} ended, which ${nara} took`)
        case 'look':
          return facts.livingOwners.flatMap(([owner, { state, stateSince, current }]) => state === 'settled' && facts.now - stateSince >= SOON
            ? risen(facts, owner, current, SOON).filter(holder => isOfThePast(facts, owner, holder)).map(({ nara, record }) => `${owner} goes on with what ${name(record)} ended, which ${nara} took`)
            : [])
        case 'end':
          return left(facts)
        default:
          return []
      }
    }
  }
]

function raised (facts: Facts, { nara, owner, record }: EntryOf<'holds'>): string[] {
  const held = facts.records.get(record ?? '')
  const tombstone = facts.honestBuriers(owner).find(burier => burier.nara === nara)?.record

  return held?.kind === 'data' && tombstone != null && covers(tombstone, held) ? [`${nara} takes ${name(held)} of ${owner}, and took ${name(tombstone)} before, which ended it`] : []
}

/** Those who promised to keep a tombstone whose deletion was acknowledged. */
function buriers (facts: Facts, owner: string): Holding[] {
  const demanded = facts.demanded(owner).filter(({ ends }) => ends != null)

  return facts.honestBuriers(owner).filter(({ record }) => demanded.some(({ write }) => record.builds.has(write)))
}

/** Those of them that were within reach for `ms`, and whose tombstone ended what is `current`. */
function risen (facts: Facts, owner: string, current: string | undefined, ms: number): Holding[] {
  const shown = facts.records.get(current ?? '')

  return shown?.kind === 'data' ? unheard(facts, owner, current, ms, buriers(facts, owner)).filter(({ record }) => covers(record, shown)) : []
}

function left (facts: Facts): string[] {
  return facts.livingOwners.filter(([, { state }]) => state !== 'doubtful').flatMap(([owner, { builds }]) => {
    const held = facts.honestHolders(owner).filter(({ nara, record }) => record.kind === 'data' && facts.deal(owner, nara))

    return buriers(facts, owner).filter(({ nara }) => facts.deal(owner, nara)).flatMap(({ record: tombstone }) => [
      ...facts.demanded(owner).filter(forget => tombstone.builds.has(forget.write) && !isShared(facts, forget)).flatMap(({ write, ends = new Set<string>() }) => {
        const [back] = builds.intersection(ends)

        return back == null ? [] : [`${owner} has ${back}, which ${write} deleted`]
      }),
      ...held.filter(({ record }) => covers(tombstone, record)).map(({ nara, record }) => `${nara} keeps ${name(record)} of ${owner}, which a deletion ended`)
    ])
  })
}
