import { admits, allows, name, target } from './claims.ts'
import { soulOf } from './entries.ts'
import type { EntryOf, Placed } from './entries.ts'
import type { Facts } from './facts.ts'
import type { Rule } from './rule.ts'

/** What was sent before its sender was told otherwise may still arrive: longer than a request waits. */
const UNDER_WAY = 15_000

/**
 * An owner says in a placement whom its holders may ask for help: anybody, those listed, nobody. A holder that has another placement, or did not hear of the
 * latest, goes by its own; but nobody takes a copy under a placement that does not admit it, nor is one brought by who was given a later one that does not. Once the
 * owner is back it lets go of whoever it neither chose nor would admit.
 */
export const PLACEMENT_RULES: readonly Rule[] = [
  {
    name: 'admitted: a copy is brought by others to those only whom its owner chose or allows',
    before: (facts, entry) => entry.type === 'answered' ? strays(facts, entry) : []
  },
  {
    name: 'left alone: in the end nobody has a copy whom its owner never chose and does not allow',
    after: (facts, entry) => entry.type !== 'end' ? [] : facts.livingOwners.flatMap(([owner, { state, current }]) => {
      const { placed } = facts.soul(owner)
      const held = facts.honestHolders(owner).filter(({ nara, record }) => record.kind === 'data' && facts.deal(owner, nara))
      const isWhole = held.filter(({ nara, record }) => record.id === current && placed?.holders.includes(soulOf(nara))).length >= target(facts, owner)

      return state !== 'settled' || placed == null || !isWhole || facts.hasLiars
        ? []
        : held.filter(({ nara }) => ![placed, facts.nara(nara).given.get(soulOf(owner))?.placement].some(each => each?.holders.includes(soulOf(nara))) && !allows(facts.nara(owner).allows, nara)).map(({ nara, record }) => `${nara} still holds ${name(record)} of ${owner}, which never chose it and does not allow it`)
    })
  },
  {
    name: 'in force: in the end the holders know whom their owner allows',
    after: (facts, entry) => entry.type !== 'end' ? [] : facts.livingOwners.flatMap(([owner, { state, current }]) => {
      const { surrogates, allowed } = facts.nara(owner).allows
      const isSaid = (placed: Placed | undefined): boolean => placed == null || (placed.surrogates === surrogates && new Set(placed.allowed).symmetricDifference(new Set(allowed)).size === 0)

      return state !== 'settled' || facts.hasLiars
        ? []
        : facts.honestHolders(owner).filter(({ nara, record }) => record.id === current && facts.deal(owner, nara) && !isSaid(facts.nara(nara).given.get(soulOf(owner))?.placement))
          .map(({ nara }) => `${owner} allows ${surrogates} to help, and ${nara} goes by another placement`)
    })
  }
]

function strays (facts: Facts, { request, answer, from, to, owner, record: id, placement, at }: EntryOf<'answered'>): string[] {
  const record = facts.records.get(id ?? '')
  const isBrought = (request === 'store' || request === 'offer') && answer === 'stored' && soulOf(from) !== owner && soulOf(to) !== owner

  if (!isBrought || record == null || placement == null || facts.nara(from).hasLied || facts.nara(to).hasLied) {
    return []
  }

  const given = facts.nara(from).given.get(owner)
  const isLater = given?.record === record.id && given.placement.version > placement.version && at - given.at > UNDER_WAY

  return [placement, ...(isLater ? [given.placement] : [])].every(each => admits(each, to))
    ? []
    : [`${from} brings ${name(record)} of ${owner} to ${to}, whom the placement does not admit`]
}
