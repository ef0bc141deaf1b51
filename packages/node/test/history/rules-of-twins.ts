import { carriers, name, nameOf, unheard } from './claims.ts'
import { covers } from './covers.ts'
import { soulOf } from './entries.ts'
import type { EntryOf, SealedRecord } from './entries.ts'
import type { WriteFacts } from './fact-types.ts'
import type { Facts } from './facts.ts'
import type { Rule } from './rule.ts'

const second = 1_000
const minute = 60 * second

/** HERE is said every 36 s at most: within this it was said three times, with a way of two hops each. */
const HEARD = 2.5 * minute

/** A body that is asked for, a doubt after 30 s. */
const SOON = 90 * second

/** An owner asks one holder in turn, each minute at first and then after a tenth of the time since nothing happened, at most so long after the one before. */
const ROUND_LEAST = 1.2 * minute
const ROUND_MOST = 36 * minute

/**
 * Two live processes with one soul. Neither writes over what the other was told to be kept without having been shown it; both tell that there is another one, by
 * what they hear of each other or by records that build on what they wrote; and no process tells of one that was gone before it came.
 */
export const TWIN_RULES: readonly Rule[] = [
  {
    name: 'shown: a record covers nothing that its process was not shown',
    before: (facts, entry) => entry.type === 'sealed' ? unshown(facts, entry.record) : []
  },
  {
    name: 'alone: who says that it has a twin has one, and a predecessor is none',
    before: (facts, entry) => entry.type !== 'twin' || facts.companions(entry.owner).some(([boot]) => boot === entry.boot) || isSpread(facts, entry)
      ? []
      : [`${entry.owner} tells of a twin, ${entry.boot}, which did not live at the same time`]
  },
  {
    name: 'heard: who hears another process of its own tells of it',
    after: (facts, entry) => entry.type !== 'look' && entry.type !== 'end'
      ? []
      : facts.livingOwners.flatMap(([owner, { twins }]) => facts.companions(owner).filter(([boot, { process, downAt }]) => downAt === Infinity && !twins.has(boot) && isWithinEarshot(facts, owner, process))
        .map(([, { process }]) => `${owner} hears ${process} and says nothing`))
  },
  {
    name: 'seen: two processes that a holder is connected with are told of each other',
    after: (facts, entry) => entry.type !== 'look' && entry.type !== 'end'
      ? []
      : facts.livingOwners.flatMap(([owner, { state, twins, placed }]) => facts.companions(owner)
        .filter(([boot, { process, downAt }]) => state === 'settled' && downAt === Infinity && !twins.has(boot) && isSeen(facts, placed?.holders ?? [], owner, process))
        .map(([, { process }]) => `${owner} and ${process} are connected with one holder, and the first says nothing`))
  },
  {
    name: 'built on: who is shown what builds on its own, and is not its own, tells of a twin',
    after: (facts, entry) => entry.type !== 'look' && entry.type !== 'end'
      ? []
      : facts.livingOwners.flatMap(([owner, { twins, heard }]) => {
        const { boot = '', awakeSince } = facts.nara(owner)

        return [...heard].filter(([id, at]) => {
          const record = facts.records.get(id)

          return record != null && record.boot !== boot && record.past.some(past => past.boot === boot) && !isTold(facts, twins, record) && facts.now - Math.max(at, awakeSince) >= SOON
        }).map(([id]) => `${owner} was shown ${id.slice(0, 8)}, which builds on what it wrote, and says nothing`)
      })
  },
  {
    name: 'noticed: an owner that goes on asking its holders knows, after a while, what another process stored with them',
    after: (facts, entry) => entry.type !== 'look' && entry.type !== 'end'
      ? []
      : facts.livingOwners.flatMap(([owner, { state, stateSince, current, placed }]) => {
        const bound = roundOf(facts, owner)

        return state !== 'settled' || placed == null || facts.companions(owner).length === 0 || facts.now - Math.max(stateSince, placed.since) < bound
          ? []
          : unheard(facts, owner, current, bound).filter(({ nara }) => placed.holders.includes(soulOf(nara)))
            .map(({ nara, record }) => `${owner} is settled and does not know ${name(record)}, which its holder ${nara} has`)
      })
  }
]

/** Another process lived while this was deleted: it may have the content still, and merge it. */
export function isShared (facts: Facts, write: WriteFacts): boolean {
  const life = facts.lives.get(write.boot ?? '')

  return life != null && [...facts.lives.values()].some(other => other !== life && soulOf(other.process) === soulOf(life.process) && other.upAt < life.downAt && life.upAt < other.downAt)
}

/** `write` was made by a process that lived at the same time as the one that sealed `record`. */
export function isBeside (facts: Facts, record: SealedRecord, write: WriteFacts): boolean {
  const [one, other] = [facts.lives.get(record.boot), facts.lives.get(write.boot ?? '')]

  return one != null && other != null && one !== other && one.upAt < other.downAt && other.upAt < one.downAt
}

/**
 * Somebody holds what a process of that boot wrote, and may show it to others at any time: to its owner it is as if it were new. It is a nara that the owner does not deal
 * with, or does not reach, and then it is something that the owner does not cover.
 */
function isSpread (facts: Facts, { owner, boot }: EntryOf<'twin'>): boolean {
  const current = facts.records.get(facts.owner(owner).current ?? '')

  return [...facts.naras.keys()].some(nara => {
    const held = facts.held(nara, soulOf(owner))
    const isUnknown = held != null && current != null && !covers(current, held) && facts.promptSince(owner, nara) === Infinity

    return held?.boot === boot && (isUnknown || !facts.deal(owner, nara))
  })
}

/** It is a told twin's, or in the past of what that wrote. */
function isTold (facts: Facts, twins: ReadonlySet<string>, record: SealedRecord): boolean {
  return twins.has(record.boot) || [...facts.records.values()].some(other => twins.has(other.boot) && covers(other, record))
}

function unshown (facts: Facts, record: SealedRecord): string[] {
  const life = facts.lives.get(record.boot)
  // a record that is seen only now may be of a process that is gone
  const isPresent = life != null && facts.nara(life.process).boot === record.boot
  const heard = isPresent ? [...facts.owner(life.process).heard.keys()].flatMap(id => facts.records.get(id) ?? []) : []

  return !isPresent
    ? []
    : facts.demanded(record.owner).flatMap(({ write }) => carriers(facts, record.owner, write))
      .filter(other => other.boot !== record.boot && covers(record, other) && !heard.some(shown => shown.id === other.id || covers(shown, other)))
      .slice(0, 1)
      .map(other => `${nameOf(record.text, record.seq)} of ${record.owner} covers ${name(other)}, which its process was not shown`)
}

/** Somebody has heard both at once for long enough, and hands on what they say. */
function isWithinEarshot (facts: Facts, owner: string, other: string): boolean {
  const isHeard = (process: string): boolean => facts.nara(process).up && facts.nara(process).speaks

  return isHeard(owner) && isHeard(other) && [...facts.naras].some(([nara, { speaks }]) =>
    speaks && [owner, other].every(process => facts.now - facts.promptSince(nara, process) >= HEARD))
}

/** One of these that never lied has been connected with both for so long that each has asked it, also if a question was lost. */
function isSeen (facts: Facts, holders: readonly string[], owner: string, other: string): boolean {
  return [...facts.naras.keys()].some(nara => holders.includes(soulOf(nara)) && !facts.nara(nara).hasLied && facts.deal(owner, nara) &&
    [owner, other].every(process => facts.now - facts.promptSince(nara, process) >= roundOf(facts, owner)))
}

/** Within this it has asked each of its holders. */
function roundOf (facts: Facts, owner: string): number {
  const { isAhead, upAt } = facts.nara(owner)
  const pause = isAhead ? ROUND_MOST : Math.min(Math.max(1.2 * (facts.now - upAt) / 10, ROUND_LEAST), ROUND_MOST)

  return (facts.owner(owner).placed?.holders.length ?? 0) * pause + SOON
}
