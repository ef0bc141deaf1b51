import { HEARD_OUT, MIN_COPIES, SOON, awaited, carriers, copiesWithin, ended, isAside, isOfThePast, isReadable, missed, name, nameOf, spares, stewards, target, tooMany, top, unheard, wanted, wasCovered, within } from './claims.ts'
import { covers } from './covers.ts'
import { soulOf } from './entries.ts'
import { DELETION_RULES } from './rules-of-deletion.ts'
import { KNOWN_RULES } from './rules-of-known.ts'
import { PLACEMENT_RULES } from './rules-of-placement.ts'
import { TWIN_RULES, isBeside } from './rules-of-twins.ts'
import type { WriteFacts } from './fact-types.ts'
import type { Rule } from './rule.ts'

const second = 1_000
const minute = 60 * second
const day = 24 * 60 * minute

/** What was sent by a process that is gone, or before it doubted, may still arrive. */
const IN_FLIGHT = 5 * second

/** The promise of a confidant, from the owner's last contact on. */
const LEASE = 30 * day

/**
 * What must be so, entry by entry. The rules know the requirements and the history, and nothing of how the code reaches its decisions.
 *
 * What `settled` may mean, precisely. An owner may settle on a version V although a newer one, A, was acknowledged, if, and only if,
 * - nobody who had A, or anything else that V does not cover, when they met was within its reach and prompt for so long that it must have answered
 *   ("heard out"); and
 * - it does not say `confirmed`, unless A was acknowledged under another placement than the one that V came with: what `confirmed` promises is that nothing
 *   acknowledged under V's own placement was missed ("confirmed"); and
 * - once somebody who has A comes into reach, within `SOON` the owner has taken A in, or covers it because a person decided so or A was never
 *   acknowledged, or is in doubt ("no silence"); and
 * - nothing that it writes covers A before that ("nothing is covered unseen"). What an earlier version covered, on which it goes on, was judged with that: A may
 *   have been a leftover that nobody had acknowledged, and be kept only since another process found it alone, and wrote it anew.
 * A confidant that lied may spoil the second, and what another process with the same soul writes meanwhile the third and the fourth; then what is covered must at
 * least have been set aside, which is said, and stays readable (and see the rules of twins).
 */
export const RULES: readonly Rule[] = [
  {
    name: 'whole: what is shown is what its owner wrote, never a mix, never somebody else\'s',
    after: (facts, entry) => {
      if (entry.type !== 'state' && entry.type !== 'recovered' && entry.type !== 'aside') {
        return []
      }

      return entry.text == null || facts.soul(entry.owner).texts.has(entry.text) ? [] : [`${entry.owner} never wrote ${entry.text.slice(0, 80)}`]
    }
  },
  {
    name: 'kept: who is told so has minCopies that said that they hold it',
    after: (facts, entry) => {
      if (entry.type !== 'told' || entry.outcome !== 'kept') {
        return []
      }

      const best = Math.max(0, ...carriers(facts, entry.owner, entry.write).map(({ saidBy }) => saidBy.size))

      return best >= MIN_COPIES ? [] : [`${entry.write} of ${entry.owner} is said to be kept, and ${best} said that they hold it`]
    }
  },
  {
    name: 'acknowledged after it is kept: an honest nara that says so holds it',
    after: (facts, entry) => {
      if (entry.type !== 'answered' || entry.request !== 'store' || (entry.answer !== 'stored' && entry.answer !== 'have') || facts.nara(entry.to).hasLied) {
        return []
      }

      const held = facts.records.get(facts.nara(entry.to).holds.get(entry.owner)?.record ?? '')
      const record = facts.records.get(entry.record ?? '')

      return record == null || record.kind === 'tombstone' || (held != null && covers(held, record)) ? [] : [`${entry.to} acknowledged ${name(record)} and holds ${held == null ? 'nothing' : name(held)}`]
    }
  },
  {
    name: 'writes wait: nothing new is handed out before it is known what the stash is, nor in doubt',
    after: (facts, entry) => {
      if (entry.type !== 'sent' || entry.request !== 'store' || soulOf(entry.from) !== entry.owner) {
        return []
      }

      const { state, stateSince, isKnown } = facts.owner(entry.from)
      const record = facts.records.get(entry.record)
      const isOpen = state === 'searching' || state === 'recovering' || state === 'doubtful'
      const isOurs = record?.boot === facts.nara(entry.from).boot
      const isLate = facts.now - stateSince > IN_FLIGHT && [entry.from, entry.to].every(nara => facts.nara(nara).slow === 1)

      return (isOurs && !isKnown) || (isOpen && isLate) ? [`${entry.from} is ${state} and stores ${record == null ? entry.record : name(record)}`] : []
    }
  },
  {
    name: 'heard out: nobody within reach knows better',
    after: (facts, entry) => {
      if (entry.type !== 'recovered' && !(entry.type === 'state' && entry.state === 'empty' && entry.at > facts.nara(entry.owner).upAt)) {
        return []
      }

      // what came to it later, as from a process of ours that is gone, it was not asked for
      return unheard(facts, entry.owner, entry.record, HEARD_OUT).filter(({ nara, since }) => since <= facts.promptSince(entry.owner, nara))
        .map(({ nara, record }) => `${entry.owner} settles on ${entry.text == null ? 'nothing' : top(entry.text)} though ${nara} shows ${name(record)}`)
    }
  },
  {
    name: 'confirmed: nothing acknowledged under the placement of what is confirmed was missed',
    after: (facts, entry) => entry.type === 'recovered' && entry.confirmed ? missed(facts, entry) : []
  },
  {
    name: 'no silence: an owner does not go on beside what somebody within reach shows',
    after: (facts, entry) => {
      if (entry.type !== 'look' && entry.type !== 'end') {
        return []
      }

      return facts.livingOwners.flatMap(([owner, { state, stateSince, current }]) => {
        return (state === 'settled' || state === 'empty') && facts.now - stateSince >= SOON
          ? unheard(facts, owner, current, SOON).filter(holder => isOfThePast(facts, owner, holder)).map(({ nara, record }) => `${owner} is ${state} and does not know ${name(record)}, which ${nara} holds`)
          : []
      })
    }
  },
  {
    name: 'nothing is covered unseen: what supersedes a kept version builds on it',
    before: (facts, entry) => {
      if (entry.type !== 'sealed' || entry.record.kind === 'tombstone') {
        return []
      }

      const { owner, text } = entry.record
      const builds = new Set(text == null ? [] : (JSON.parse(text) as { builds: string[] }).builds)

      return facts.demanded(owner).filter(write => write.ends == null && !builds.has(write.write) && !((facts.hasLiars || isBeside(facts, entry.record, write)) && isAside(facts, owner, write)))
        .flatMap(write => carriers(facts, owner, write.write).filter(record => covers(entry.record, record) && !wasCovered(facts, entry.record, record, write.write)).slice(0, 1)
          .map(record => `${nameOf(entry.record.text, entry.record.seq)} of ${owner} covers ${name(record)} without building on ${write.write}, which was kept`))
    }
  },
  {
    name: 'promised: a copy ends by its owner\'s word, by a newer one, by its lease, or when there are enough others, and a tombstone by a newer one or when its days are over',
    before: (facts, entry) => entry.type === 'holds' ? ended(facts, entry) : []
  },
  {
    // a tombstone ends by itself
    name: 'said: a copy that ends is told of',
    before: (facts, entry) => entry.type === 'holds' && entry.record == null && entry.why === undefined && facts.held(entry.nara, entry.owner)?.kind !== 'tombstone' ? [`${entry.nara} holds nothing of ${entry.owner} any longer, and has not said so`] : []
  },
  {
    name: 'in the end: what was kept and is still held is its owner\'s, or is in doubt and can be read',
    after: (facts, entry) => {
      if (entry.type !== 'end') {
        return []
      }

      return facts.livingOwners.flatMap(([owner, { state, builds }]) => {
        if (state !== 'settled' && state !== 'empty' && state !== 'doubtful') {
          return [`${owner} is still ${state} though everybody is here`]
        }

        const held = facts.honestHolders(owner).filter(({ nara }) => facts.deal(owner, nara))
        const isShown = (write: WriteFacts): boolean => state === 'doubtful' ? isReadable(facts, owner, write) || isAside(facts, owner, write) : facts.hasLiars && isAside(facts, owner, write)

        return facts.demanded(owner)
          .filter(write => write.ends == null && !builds.has(write.write) && held.some(({ record }) => record.builds.has(write.write)) && !isShown(write))
          .map(({ write }) => `${write} of ${owner} was kept and is held, and ${owner} is ${state} without it`)
      })
    }
  },
  {
    name: 'bounded: in the end there are as many copies as there should be, few on disks beside, and one more at most where somebody lies',
    after: (facts, entry) => {
      if (entry.type !== 'end') {
        return []
      }

      return facts.livingOwners.flatMap(([owner, { state, current }]) => {
        const copies = copiesWithin(facts, owner)
        const kept = facts.honestHolders(owner).filter(({ record }) => record.id === current).length + (facts.hasLiars ? 1 : 0)

        if (state !== 'settled') {
          return []
        }

        return [
          ...(copies > wanted(facts, owner) + spares(facts, owner) + (facts.hasLiars ? 1 : 0) ? [`there are ${copies} copies of ${owner}`] : []),
          ...(kept < Math.min(target(facts, owner), within(facts, owner).length) ? [`of what ${owner} has there are ${kept} copies`] : [])
        ]
      })
    }
  },
  {
    name: 'in turn: who repairs while the owner is away makes no more copies than are missing, and those',
    after: (facts, entry) => {
      if (entry.type === 'alone end') {
        const copies = facts.copies(entry.owner).length

        return copies < Math.min(target(facts, entry.owner), stewards(facts, entry.owner).length) - awaited(facts, entry.owner) && !facts.hasLiars ? [`${entry.owner} is away, and ${copies} copies are left`] : []
      }

      return entry.type !== 'holds' ? [] : tooMany(facts, entry.owner)
    }
  },
  {
    name: 'leased: a promise lasts its time, and the holder\'s own absence is not the owner\'s',
    before: (facts, entry) => entry.type === 'holds' && /\blease\b/.test(entry.why ?? '') && facts.now < LEASE
      ? [`${entry.nara} drops what it holds of ${entry.owner} after ${Math.round(facts.now / minute)} minutes: ${entry.why}`]
      : []
  },
  ...DELETION_RULES,
  ...PLACEMENT_RULES,
  ...KNOWN_RULES,
  ...TWIN_RULES
]
