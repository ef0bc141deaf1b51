import { buildsOf, soulOf } from './entries.ts'
import { ANYBODY } from './facts.ts'
import { mapEntry } from './map-entry.ts'
import { saidWhoHolds } from './speaker.ts'
import type { Entry, EntryOf, SealedRecord } from './entries.ts'
import type { OwnerFacts, SoulFacts } from './fact-types.ts'
import type { Facts } from './facts.ts'

/** What an entry changes. */
export function apply (facts: Facts, entry: Entry): void {
  facts.now = entry.at

  switch (entry.type) {
    case 'up':
      Object.assign(facts.nara(entry.nara), { up: true, boot: entry.boot, upAt: entry.at, links: new Set(), asleep: false, allows: entry.allows ?? ANYBODY, knows: entry.knows })

      if (entry.boot != null) {
        shows(facts, entry.nara, 'searching', undefined, undefined)
        Object.assign(facts.owner(entry.nara), { isKnown: false, isFresh: false, shown: new Map(), dismissed: new Set() })
      }

      break
    case 'down':
      Object.assign(facts.nara(entry.nara), { up: false, downAt: entry.at, links: new Set() })
      break
    case 'link':
      facts.nara(entry.nara).links[entry.up ? 'add' : 'delete'](entry.peer)
      break
    case 'partition':
      facts.naras.forEach((nara, id) => { nara.group = entry.groups.findIndex(group => group.includes(soulOf(id))) })
      break
    case 'slow':
      facts.nara(entry.nara).slow = entry.factor
      break
    case 'loss':
      facts.loss = entry.share
      break
    case 'sleep':
    case 'wake':
      facts.nara(entry.nara).asleep = entry.type === 'sleep'
      break
    case 'lie':
      Object.assign(facts.nara(entry.nara), { lie: entry.lie, hasLied: true })
      break
    case 'holds':
      holds(facts, entry)
      break
    case 'sealed':
      facts.records.set(entry.record.id, { ...entry.record, builds: builds(facts, entry.record), saidBy: new Map() })
      break
    case 'answered':
      answered(facts, entry)
      break
    case 'quiet':
      facts.quietSince = entry.at
      break
    default:
      applyToOwner(facts, entry)
  }

  if (['up', 'down', 'link', 'partition', 'slow', 'loss', 'sleep', 'wake'].includes(entry.type)) {
    facts.reach.look(facts.naras, facts.loss > 0, facts.now)
  }
}

function applyToOwner (facts: Facts, entry: Entry): void {
  switch (entry.type) {
    case 'write':
    case 'forget':
      writes(facts, entry)
      break
    case 'merge':
      facts.soul(entry.owner).texts.add(entry.text)
      break
    case 'told':
    case 'forgotten':
      told(facts, entry)
      break
    case 'watermark':
      kept(facts, entry)
      break
    case 'choose':
      chooses(entry, facts.owner(entry.owner), facts.soul(entry.owner))
      break
    case 'chose':
      chose(facts, entry)
      break
    case 'alone':
    case 'alone end':
      facts.soul(entry.owner).aloneWith = entry.type === 'alone' ? facts.copies(entry.owner).length : undefined
      break
    case 'state':
      shows(facts, entry.owner, entry.state, entry.record, entry.text)
      break
    case 'recovered':
      shows(facts, entry.owner, 'settled', entry.record, entry.text)
      facts.owner(entry.owner).isKnown = true
      break
    case 'aside':
      facts.soul(entry.owner).aside.add(entry.text)
      break
    default:
  }
}

function writes (facts: Facts, entry: EntryOf<'write'> | EntryOf<'forget'>): void {
  const { texts, writes } = facts.soul(entry.owner)
  const { at, write } = entry

  if (entry.type === 'write') {
    texts.add(entry.text)
  } else {
    entry.ends.forEach(id => { Object.assign(writes.get(id) ?? {}, { givenUp: true }) })
  }

  writes.set(write, {
    write,
    boot: facts.nara(entry.owner).boot,
    at,
    keptAt: undefined,
    givenUp: false,
    ...(entry.type === 'write' ? { text: entry.text, builds: buildsOf(entry.text), ends: undefined } : { text: undefined, builds: new Set([write]), ends: new Set(entry.ends) })
  })
}

function told (facts: Facts, { owner, write, outcome, at }: EntryOf<'told'> | EntryOf<'forgotten'>): void {
  const known = facts.soul(owner).writes.get(write)

  if (known != null && (outcome === 'kept' || outcome === 'forgotten')) {
    known.keptAt = at
  }
}

function kept (facts: Facts, { owner, record, at }: EntryOf<'watermark'>): void {
  facts.records.get(record)?.builds.forEach(id => {
    const write = facts.soul(owner).writes.get(id)

    if (write != null) {
      write.keptAt ??= at
    }
  })
}

function chooses ({ how }: EntryOf<'choose'>, owner: OwnerFacts, soul: SoulFacts): void {
  owner.isFresh ||= how === 'fresh'
  owner.deciding = [...soul.writes.values()].filter(({ givenUp }) => !givenUp)
  owner.deciding.forEach(write => { write.givenUp = true })
  ;[...owner.shown.keys()].forEach(record => { owner.dismissed.add(record) })
}

function chose (facts: Facts, { owner, text, error }: EntryOf<'chose'>): void {
  const builds = buildsOf(text)

  facts.owner(owner).deciding.filter(({ write }) => error != null || builds.has(write)).forEach(write => { write.givenUp = false })
  facts.owner(owner).deciding = []
}

/** What a record builds on; a tombstone is the last deletion that its process was asked for. */
function builds (facts: Facts, { owner, kind, boot, text }: SealedRecord): ReadonlySet<string> {
  const forget = [...facts.soul(owner).writes.values()].findLast(write => write.ends != null && write.boot === boot)

  return kind === 'tombstone' && forget != null ? new Set([forget.write]) : buildsOf(text)
}

function shows (facts: Facts, id: string, state: string, record: string | undefined, text: string | undefined): void {
  const owner = facts.owner(id)

  if (owner.state !== state) {
    owner.stateSince = facts.now
  }

  Object.assign(owner, { state, current: record, builds: buildsOf(text) })
  owner.isKnown ||= state === 'empty'
}

function holds (facts: Facts, { nara, owner, record, at, why }: EntryOf<'holds'>): void {
  const { holds, died, given } = facts.nara(nara)
  const before = holds.get(owner)?.record

  if (why === 'died' && before != null) {
    died.set(owner, before)
  } else {
    died.delete(owner)
  }

  if (record == null) {
    holds.delete(owner)
    given.delete(owner)
  } else {
    holds.set(owner, { record, since: at })
  }
}

function answered (facts: Facts, entry: EntryOf<'answered'>): void {
  const { from, to, owner, request, answer, record, placement } = entry
  const speaker = saidWhoHolds(request, answer, from, to)
  const shownTo = request === 'offer' && soulOf(to) === owner ? to : answer === 'found' && soulOf(from) === owner ? from : undefined

  if (request === 'store' && soulOf(from) === owner && placement != null) {
    facts.soul(owner).placed = placement
  }

  if (shownTo != null && record != null && placement != null) {
    mapEntry(facts.owner(shownTo).shown, record, () => []).push(placement)
  }

  if (speaker != null && record != null) {
    mapEntry(facts.records.get(record)?.saidBy ?? new Map<string, Set<string>>(), soulOf(speaker), () => new Set<string>()).add(placement?.id ?? '')
  }

  gives(facts, entry)
}

/** Who takes a record takes its placement, and of the same record the later one. */
function gives (facts: Facts, { at, to, owner, request, answer, record, placement }: EntryOf<'answered'>): void {
  const { given } = facts.nara(to)
  const known = given.get(owner)
  const isTaken = (request === 'store' || request === 'offer') && (answer === 'stored' || answer === 'have') && soulOf(to) !== owner

  if (isTaken && record != null && placement != null && (known?.record !== record || known.placement.version < placement.version)) {
    given.set(owner, { record, placement, at })
  }
}
