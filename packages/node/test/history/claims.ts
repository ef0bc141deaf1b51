import { covers } from './covers.ts'
import { soulOf } from './entries.ts'
import type { Allows, EntryOf, Placed, SealedRecord } from './entries.ts'
import type { Facts, Holding } from './facts.ts'
import type { RecordFacts, WriteFacts } from './fact-types.ts'

const second = 1_000
const minute = 60 * second

/** A dead holder counts as alive for so long: a connection that lingers, and one look at the copies. */
const UNNOTICED = 2 * minute

export const MIN_COPIES = 2

/** So many copies beside the holders may stay where they are, on disks. */
const SPARES = 2

/** Two questions of 3 s, and the ways. */
export const HEARD_OUT = 7 * second

/** An offer that is repeated after 2, 5 and 15 s, a body, a doubt after 30 s: with these over there is no more silence. */
export const SOON = 90 * second

/** As many as there should be: an owner may name more than its target, since one copy per address counts. */
export function wanted (facts: Facts, owner: string): number {
  return Math.max(target(facts, owner), facts.soul(owner).placed?.holders.length ?? 0)
}

export function target (facts: Facts, owner: string): number {
  return facts.soul(owner).placed?.target ?? 0
}

/** Of the current record, on disks, beside its holders: who goes takes one along, who comes back brings one. */
export function spares (facts: Facts, owner: string): number {
  const { placed } = facts.soul(owner)
  const { current } = facts.owner(owner)
  const beside = facts.honestHolders(owner).filter(({ nara, record }) => record.id === current && facts.nara(nara).keeps && placed?.holders.includes(soulOf(nara)) === false)

  return Math.min(beside.length, SPARES)
}

/** Copies that went with their naras on disks: holders that are on disks themselves wait for these for an hour, while there are minCopies. */
export function awaited (facts: Facts, owner: string): number {
  const here = facts.honestHolders(owner).filter(({ record }) => record.kind === 'data')
  const gone = [...facts.naras].filter(([nara, { up, keeps }]) => !up && keeps && here.some(({ record }) => record === facts.held(nara, soulOf(owner))))

  return here.length >= MIN_COPIES && here.every(({ nara }) => facts.nara(nara).keeps) ? gone.length : 0
}

/** Naras that its owner does not deal with may keep an old copy that nobody can relieve them of. */
export function copiesWithin (facts: Facts, owner: string): number {
  return facts.copies(owner).filter(nara => facts.deal(owner, nara)).length
}

export function tooMany (facts: Facts, owner: string): string[] {
  const { aloneWith } = facts.soul(owner)
  const copies = copiesWithin(facts, owner)

  return aloneWith != null && copies > Math.max(wanted(facts, owner) + 1, aloneWith) ? [`${owner} is away, and there are ${copies} copies`] : []
}

/** Records that an honest or lying holder said to have, and whose content builds on `write`. */
export function carriers (facts: Facts, owner: string, write: string): RecordFacts[] {
  return [...facts.records.values()].filter(record => record.owner === soulOf(owner) && record.builds.has(write) && record.saidBy.size > 0)
}

/** An earlier version in the history of `by` covered `record` without building on `write`. */
export function wasCovered (facts: Facts, by: SealedRecord, record: RecordFacts, write: string): boolean {
  return [...facts.records.values()].some(earlier => earlier.id !== by.id && earlier.id !== record.id && !earlier.builds.has(write) && covers(by, earlier) && covers(earlier, record))
}

/** May a holder, by its owner's word, ask `nara` to keep a copy? */
export function admits (placed: Placed, nara: string): boolean {
  return placed.holders.includes(soulOf(nara)) || allows(placed, nara)
}

export function allows ({ surrogates, allowed }: Allows, nara: string): boolean {
  return surrogates === 'any' || (surrogates === 'listed' && allowed.includes(soulOf(nara)))
}

/** Naras that are here and deal with `owner`: it can choose no others. */
export function within (facts: Facts, owner: string): string[] {
  return [...facts.naras].filter(([nara, { up }]) => up && soulOf(nara) !== soulOf(owner) && facts.deal(owner, nara)).map(([nara]) => nara)
}

/** Those of them whom its holders may ask while it is away, and who deal with all of these. */
export function stewards (facts: Facts, owner: string): string[] {
  const { placed } = facts.soul(owner)

  return placed == null ? [] : within(facts, owner).filter(nara => admits(placed, nara) && facts.dealsWithAll(nara))
}

/** Honest peers that were prompt and held for `ms` what `current` does not cover. */
export function unheard (facts: Facts, owner: string, current: string | undefined, ms: number, holders = facts.honestHolders(owner)): Holding[] {
  const known = facts.records.get(current ?? '')

  return holders.filter(({ nara, record, since }) =>
    soulOf(nara) !== soulOf(owner) && facts.deal(owner, nara) && !facts.owner(owner).dismissed.has(record.id) && facts.now - since >= ms && facts.now - facts.promptSince(owner, nara) >= ms && !isCovered(known, current, record) && !isDeletedTwice(facts, owner, known, record))
}

/** Of several tombstones one is current; those that it was shown are in the past of what it writes next, and nothing is missing before. */
function isDeletedTwice (facts: Facts, owner: string, known: RecordFacts | undefined, record: RecordFacts): boolean {
  return known?.kind === 'tombstone' && record.kind === 'tombstone' && facts.owner(owner).heard.has(record.id)
}

/** A current record that never went over the wire is not known here: it covers nothing but itself. */
function isCovered (known: RecordFacts | undefined, current: string | undefined, record: RecordFacts): boolean {
  return record.id === current || (known != null && covers(known, record))
}

export function missed (facts: Facts, entry: EntryOf<'recovered'>): string[] {
  const record = facts.records.get(entry.record ?? '')
  const confirming = facts.shownPlacement(entry.owner, entry.record ?? '')

  if (record == null || confirming == null || confirming.holders.some(holder => facts.nara(holder).hasLied)) {
    return []
  }

  // while this one asked, another may have gone on
  const beside = new Set(facts.companions(entry.owner).map(([boot]) => boot))

  return facts.demanded(entry.owner)
    .filter(({ write, boot = '', keptAt = 0 }) => !record.builds.has(write) && !(beside.has(boot) && keptAt > facts.nara(entry.owner).upAt))
    .flatMap(({ write, ends }) => carriers(facts, entry.owner, write)
      .filter(other => ends == null || !covers(record, other))
      .filter(other => [...other.saidBy.values()].filter(placements => placements.has(confirming.id)).length >= MIN_COPIES)
      .slice(0, 1)
      .map(other => `${entry.owner} is confirmed with ${name(record)} by the placement under which ${name(other)} was acknowledged`))
}

export function ended (facts: Facts, entry: EntryOf<'holds'>): string[] {
  const before = facts.records.get(facts.nara(entry.nara).holds.get(entry.owner)?.record ?? '')
  const after = facts.records.get(entry.record ?? '')

  if (before == null || facts.nara(entry.nara).hasLied || entry.why === 'died') {
    return []
  }

  if (entry.record != null) {
    return after == null || covers(after, before) ? [] : [`${entry.nara} puts ${name(after)} in the place of ${name(before)}, which it does not cover`]
  }

  if (before.kind === 'tombstone') {
    return facts.isOver(entry.nara, entry.owner) ? [] : [`${entry.nara} drops ${name(before)} of ${entry.owner} before its days are over`]
  }

  const covering = (id: string | undefined): boolean => {
    const copy = facts.records.get(id ?? '')

    return copy != null && covers(copy, before)
  }
  const others = new Set([...facts.naras].filter(([nara, { downAt, hasLied, holds, died, up }]) => soulOf(nara) !== soulOf(entry.nara) &&
    (hasLied || (up && covering(holds.get(entry.owner)?.record)) || (facts.now - downAt < UNNOTICED && (covering(died.get(entry.owner)) || covering(holds.get(entry.owner)?.record))))).map(([nara]) => soulOf(nara)))

  return others.size >= MIN_COPIES ? [] : [`${entry.nara} drops ${name(before)} of ${entry.owner} (${entry.why ?? 'without a word'}), of which ${others.size} others have a copy`]
}

/** `record` is not of a process that lived at the same time as the owner's present one, nor did one live since the holder has it, or met the owner. */
export function isOfThePast (facts: Facts, owner: string, { nara, since }: Pick<Holding, 'nara' | 'since'>): boolean {
  const from = Math.min(since, facts.promptSince(owner, nara))

  return facts.companions(owner).every(([, { downAt }]) => downAt <= from)
}

export function isAside (facts: Facts, owner: string, { write }: WriteFacts): boolean {
  return [...facts.soul(owner).aside].some(text => text.includes(`"${write}"`))
}

/** A person who has to decide a doubt can be shown it. */
export function isReadable (facts: Facts, owner: string, { write }: WriteFacts): boolean {
  return facts.owner(owner).readable.some(id => facts.records.get(id)?.builds.has(write) === true)
}

export function top (text: string): string {
  return (JSON.parse(text) as { write: string }).write
}

export function nameOf (text: string | undefined, seq: number): string {
  return text == null ? `the tombstone (seq ${seq})` : `${top(text)} (seq ${seq})`
}

export function name (record: Pick<RecordFacts, 'text' | 'seq'>): string {
  return nameOf(record.text, record.seq)
}
