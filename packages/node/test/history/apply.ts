import { forgets, keepsTombstone, saysTombstone } from './burials.ts'
import { copiesWithin } from './claims.ts'
import { TWIN, buildsOf, soulOf } from './entries.ts'
import { ANYBODY } from './facts.ts'
import { mapEntry } from './map-entry.ts'
import { saidWhoHolds } from './speaker.ts'
import type { Entry, EntryOf, SealedRecord } from './entries.ts'
import type { Facts } from './facts.ts'

/** What an entry changes. */
export function apply (facts: Facts, entry: Entry): void {
  facts.now = entry.at

  switch (entry.type) {
    case 'up':
      begins(facts, entry)
      break
    case 'down':
      Object.assign(facts.nara(entry.nara), { up: false, downAt: entry.at, links: new Set() })
      Object.assign(facts.lives.get(facts.nara(entry.nara).boot ?? '') ?? {}, { downAt: entry.at })
      forgets(facts, entry.nara)
      break
    case 'link':
      facts.nara(entry.nara).links[entry.up ? 'add' : 'delete'](entry.peer)
      break
    case 'partition':
      facts.groups = entry.groups
      facts.naras.forEach((nara, id) => { nara.group = groupOf(facts, id) })
      break
    case 'slow':
      // both of two processes on one machine
      ;[entry.nara, entry.nara + TWIN].forEach(nara => { Object.assign(facts.naras.get(nara) ?? {}, { slow: entry.factor }) })
      break
    case 'loss':
      facts.loss = entry.share
      break
    case 'sleep':
    case 'wake':
      Object.assign(facts.nara(entry.nara), { asleep: entry.type === 'sleep', awakeSince: entry.at })
      break
    case 'jump':
      facts.nara(entry.nara).isAhead ||= entry.clock === 'own'
      facts.ahead += entry.clock === 'own' ? Math.max(0, entry.ms) : 0
      break
    case 'lie':
      Object.assign(facts.nara(entry.nara), { lie: entry.lie, hasLied: true })
      break
    case 'holds':
      holds(facts, entry)
      break
    case 'sealed':
      facts.records.set(entry.record.id, { ...entry.record, builds: builds(facts, entry.record), seenAt: facts.now + facts.ahead, saidBy: new Map() })
      break
    case 'sent':
      // who is offered something may act on it before the exchange is over
      hears(facts, { ...entry, shows: [] })
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

function begins (facts: Facts, { at, nara, boot, allows = ANYBODY, knows, speaks = false, keeps = false }: EntryOf<'up'>): void {
  Object.assign(facts.nara(nara), {
    up: true, boot, upAt: at, links: new Set(), asleep: false, awakeSince: at, isAhead: false, speaks, keeps, slow: facts.nara(soulOf(nara)).slow, group: groupOf(facts, nara), allows, knows
  })

  forgets(facts, nara)

  if (boot != null) {
    facts.lives.set(boot, { process: nara, upAt: at, downAt: Infinity })
    shows(facts, nara, 'searching', undefined, undefined)
    Object.assign(facts.owner(nara), {
      isKnown: false, isFresh: false, shown: new Map(), dismissed: new Set(), readable: [], twins: new Set(), heard: new Map(knows == null ? [] : [[knows, at]]), placed: undefined
    })
  }
}

function groupOf ({ groups }: Facts, nara: string): number {
  return groups.findIndex(group => group.includes(soulOf(nara)))
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
      chooses(facts, entry)
      break
    case 'chose':
      chose(facts, entry)
      break
    case 'alone':
    case 'alone end':
      facts.soul(entry.owner).aloneWith = entry.type === 'alone' ? copiesWithin(facts, entry.owner) : undefined
      break
    case 'state':
      shows(facts, entry.owner, entry.state, entry.record, entry.text)
      break
    case 'recovered':
      shows(facts, entry.owner, 'settled', entry.record, entry.text)
      facts.owner(entry.owner).isKnown = true
      break
    case 'doubt':
      facts.owner(entry.owner).readable = entry.readable
      break
    case 'twin':
      facts.owner(entry.owner).twins.add(entry.boot)
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

function chooses (facts: Facts, { how, owner: id }: EntryOf<'choose'>): void {
  const owner = facts.owner(id)
  const beside = new Set(facts.companions(id).map(([boot]) => boot))
  const heard = [...owner.heard.keys()].flatMap(record => facts.records.get(record) ?? [])

  owner.isFresh ||= how === 'fresh'
  // not what another process wrote meanwhile, and nobody showed
  owner.deciding = [...facts.soul(id).writes.values()].filter(({ givenUp, write, boot = '' }) => !givenUp && (!beside.has(boot) || heard.some(record => record.builds.has(write))))
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

  keepsTombstone(facts, nara, owner, record)
}

function answered (facts: Facts, entry: EntryOf<'answered'>): void {
  const { from, to, owner, request, answer, record, placement } = entry
  const speaker = saidWhoHolds(request, answer, from, to)
  const shownTo = request === 'offer' && soulOf(to) === owner ? to : answer === 'found' && soulOf(from) === owner ? from : undefined

  if (request === 'store' && soulOf(from) === owner && placement != null) {
    facts.soul(owner).placed = placement
    stores(facts, from, placement.holders)
  }

  hears(facts, entry)

  if (shownTo != null && record != null && placement != null) {
    mapEntry(facts.owner(shownTo).shown, record, () => []).push(placement)
  }

  if (speaker != null && record != null) {
    mapEntry(facts.records.get(record)?.saidBy ?? new Map<string, Set<string>>(), soulOf(speaker), () => new Set<string>()).add(placement?.id ?? '')
  }

  gives(facts, entry)
}

function stores (facts: Facts, owner: string, holders: readonly string[]): void {
  const { placed } = facts.owner(owner)

  if (placed == null || new Set(placed.holders).symmetricDifference(new Set(holders)).size > 0) {
    facts.owner(owner).placed = { holders, since: facts.now }
  }
}

/** An owner is shown records of its own: those that it asked for, and those that it is offered. */
function hears (facts: Facts, { at, from, to, owner, request, record, shows = [] }: Omit<EntryOf<'sent'>, 'type' | 'record'> & Pick<EntryOf<'answered'>, 'record' | 'shows'>): void {
  const tell = (listener: string, records: readonly string[]): void => {
    records.forEach(id => { mapEntry(facts.owner(listener).heard, id, () => at) })
  }

  if (soulOf(from) === owner) {
    tell(from, shows)
  }

  if (request === 'offer' && soulOf(to) === owner && record != null) {
    tell(to, [record])
  }
}

/** Who takes a record takes its placement, and of the same record the later one. */
function gives (facts: Facts, { at, to, owner, request, answer, record, placement }: EntryOf<'answered'>): void {
  const { given } = facts.nara(to)
  const known = given.get(owner)
  const isTaken = (request === 'store' || request === 'offer') && (answer === 'stored' || answer === 'have') && soulOf(to) !== owner

  if (isTaken && record != null && placement != null && (known?.record !== record || known.placement.version < placement.version)) {
    given.set(owner, { record, placement, at })
  }

  if (isTaken && record != null) {
    saysTombstone(facts, to, owner, record)
  }
}
