import { buildsOf } from './entries.ts'
import { saidWhoHolds } from './speaker.ts'
import type { Entry, EntryOf, Placed, SealedRecord } from './entries.ts'
import type { NaraFacts, OwnerFacts, RecordFacts, WriteFacts } from './fact-types.ts'

/** Slower than this and nothing can be said of when an answer comes. */
const PROMPT_FACTOR = 5

/** The state of a run as its history tells it: what the rules look at. */
export class Facts {
  now = 0
  quietSince = Infinity
  loss = 0
  readonly naras = new Map<string, NaraFacts>()
  readonly owners = new Map<string, OwnerFacts>()
  readonly records = new Map<string, RecordFacts>()
  /** By the ends, since when either hears the other at once. */
  private readonly prompt = new Map<string, number>()

  nara (id: string): NaraFacts {
    return entry(this.naras, id, () => ({
      up: false, downAt: -Infinity, boot: undefined, upAt: 0, asleep: false, slow: 1, group: -1, lie: undefined, hasLied: false, links: new Set(), holds: new Map(), died: new Map()
    }))
  }

  owner (id: string): OwnerFacts {
    return entry(this.owners, id, () => ({
      texts: new Set(), writes: new Map(), state: 'searching', stateSince: 0, isKnown: false, current: undefined, builds: new Set(), aside: new Set(), deciding: [], dismissed: new Set(), placed: undefined, aloneWith: undefined, shown: new Map()
    }))
  }

  /** Since when `a` and `b` hear each other at once; Infinity if they do not. */
  promptSince (a: string, b: string): number {
    return this.prompt.get(pair(a, b)) ?? Infinity
  }

  /** Writes that were told to be kept, and that nobody gave up. */
  demanded (owner: string): WriteFacts[] {
    return [...this.owner(owner).writes.values()].filter(({ keptAt, givenUp }) => keptAt != null && !givenUp)
  }

  /** Naras that are up, never lied, and hold a record of `owner`. */
  honestHolders (owner: string): Array<{ nara: string, record: RecordFacts, since: number }> {
    return [...this.naras].flatMap(([nara, { up, hasLied, holds }]) => {
      const held = holds.get(owner)
      const record = this.records.get(held?.record ?? '')

      return up && !hasLied && held != null && record != null ? [{ nara, record, since: held.since }] : []
    })
  }

  /** The latest placement with which its present process was shown `record`. */
  shownPlacement (owner: string, record: string): Placed | undefined {
    return this.owner(owner).shown.get(record)?.toSorted((a, b) => b.version - a.version)[0]
  }

  /** Honest naras that hold data of `owner`. */
  copies (owner: string): string[] {
    return this.honestHolders(owner).filter(({ record }) => record.kind === 'data').map(({ nara }) => nara)
  }

  get hasLiars (): boolean {
    return [...this.naras.values()].some(({ hasLied }) => hasLied)
  }

  apply (entry: Entry): void {
    this.now = entry.at

    switch (entry.type) {
      case 'up':
        Object.assign(this.nara(entry.nara), { up: true, boot: entry.boot, upAt: entry.at, links: new Set(), asleep: false })

        if (entry.boot != null) {
          this.shows(entry.nara, 'searching', undefined, undefined)
          Object.assign(this.owner(entry.nara), { isKnown: false, shown: new Map(), dismissed: new Set() })
        }

        break
      case 'down':
        Object.assign(this.nara(entry.nara), { up: false, downAt: entry.at, links: new Set() })
        break
      case 'link':
        this.nara(entry.nara).links[entry.up ? 'add' : 'delete'](entry.peer)
        break
      case 'partition':
        this.naras.forEach((nara, id) => { nara.group = entry.groups.findIndex(group => group.includes(id)) })
        break
      case 'slow':
        this.nara(entry.nara).slow = entry.factor
        break
      case 'loss':
        this.loss = entry.share
        break
      case 'sleep':
      case 'wake':
        this.nara(entry.nara).asleep = entry.type === 'sleep'
        break
      case 'lie':
        Object.assign(this.nara(entry.nara), { lie: entry.lie, hasLied: true })
        break
      case 'holds':
        this.holds(entry)
        break
      case 'sealed':
        this.records.set(entry.record.id, { ...entry.record, builds: this.builds(entry.record), saidBy: new Map() })
        break
      case 'answered':
        this.answered(entry)
        break
      case 'quiet':
        this.quietSince = entry.at
        break
      default:
        this.applyToOwner(entry)
    }

    if (['up', 'down', 'link', 'partition', 'slow', 'loss', 'sleep', 'wake'].includes(entry.type)) {
      this.reach()
    }
  }

  private applyToOwner (entry: Entry): void {
    switch (entry.type) {
      case 'write':
      case 'forget':
        this.writes(entry)
        break
      case 'merge':
        this.owner(entry.owner).texts.add(entry.text)
        break
      case 'told':
      case 'forgotten':
        this.told(entry)
        break
      case 'watermark':
        this.kept(entry)
        break
      case 'choose':
        this.owner(entry.owner).deciding = [...this.owner(entry.owner).writes.values()].filter(({ givenUp }) => !givenUp)
        this.owner(entry.owner).deciding.forEach(write => { write.givenUp = true })
        ;[...this.owner(entry.owner).shown.keys()].forEach(record => { this.owner(entry.owner).dismissed.add(record) })
        break
      case 'chose':
        this.chose(entry)
        break
      case 'alone':
      case 'alone end':
        this.owner(entry.owner).aloneWith = entry.type === 'alone' ? this.copies(entry.owner).length : undefined
        break
      case 'state':
        this.shows(entry.owner, entry.state, entry.record, entry.text)
        break
      case 'recovered':
        this.shows(entry.owner, 'settled', entry.record, entry.text)
        this.owner(entry.owner).isKnown = true
        break
      case 'aside':
        this.owner(entry.owner).aside.add(entry.text)
        break
      default:
    }
  }

  private writes (entry: EntryOf<'write'> | EntryOf<'forget'>): void {
    const owner = this.owner(entry.owner)
    const { at, write } = entry

    if (entry.type === 'write') {
      owner.texts.add(entry.text)
    } else {
      entry.ends.forEach(id => { Object.assign(owner.writes.get(id) ?? {}, { givenUp: true }) })
    }

    owner.writes.set(write, {
      write,
      at,
      keptAt: undefined,
      givenUp: false,
      ...(entry.type === 'write' ? { text: entry.text, builds: buildsOf(entry.text), ends: undefined } : { text: undefined, builds: new Set([write]), ends: new Set(entry.ends) })
    })
  }

  private told ({ owner, write, outcome, at }: EntryOf<'told'> | EntryOf<'forgotten'>): void {
    const facts = this.owner(owner).writes.get(write)

    if (facts != null && (outcome === 'kept' || outcome === 'forgotten')) {
      facts.keptAt = at
    }
  }

  private kept ({ owner, record, at }: EntryOf<'watermark'>): void {
    this.records.get(record)?.builds.forEach(id => {
      const write = this.owner(owner).writes.get(id)

      if (write != null) {
        write.keptAt ??= at
      }
    })
  }

  private chose ({ owner, text, error }: EntryOf<'chose'>): void {
    const builds = buildsOf(text)

    this.owner(owner).deciding.filter(({ write }) => error != null || builds.has(write)).forEach(write => { write.givenUp = false })
    this.owner(owner).deciding = []
  }

  /** What a record builds on; a tombstone is the last deletion that was asked for. */
  private builds ({ owner, kind, text }: SealedRecord): ReadonlySet<string> {
    const forget = [...this.owner(owner).writes.values()].findLast(({ ends }) => ends != null)

    return kind === 'tombstone' && forget != null ? new Set([forget.write]) : buildsOf(text)
  }

  private shows (id: string, state: string, record: string | undefined, text: string | undefined): void {
    const owner = this.owner(id)

    if (owner.state !== state) {
      owner.stateSince = this.now
    }

    Object.assign(owner, { state, current: record, builds: buildsOf(text) })
    owner.isKnown ||= state === 'empty'
  }

  private holds ({ nara, owner, record, at, why }: EntryOf<'holds'>): void {
    const { holds, died } = this.nara(nara)
    const before = holds.get(owner)?.record

    if (why === 'died' && before != null) {
      died.set(owner, before)
    } else {
      died.delete(owner)
    }

    if (record == null) {
      holds.delete(owner)
    } else {
      holds.set(owner, { record, since: at })
    }
  }

  private answered ({ from, to, owner, request, answer, record, placement }: EntryOf<'answered'>): void {
    const speaker = saidWhoHolds(request, answer, from, to)
    const isShown = (request === 'offer' && to === owner) || (answer === 'found' && from === owner)

    if (request === 'store' && from === owner && placement != null) {
      this.owner(owner).placed = placement
    }

    if (isShown && record != null && placement != null) {
      entry(this.owner(owner).shown, record, () => []).push(placement)
    }

    if (speaker != null && record != null) {
      entry(this.records.get(record)?.saidBy ?? new Map<string, Set<string>>(), speaker, () => new Set<string>()).add(placement?.id ?? '')
    }
  }

  private reach (): void {
    const ids = [...this.naras.keys()]

    ids.forEach((a, i) => {
      ids.slice(0, i).forEach(b => {
        if (!this.hear(a, b)) {
          this.prompt.delete(pair(a, b))
        } else if (!this.prompt.has(pair(a, b))) {
          this.prompt.set(pair(a, b), this.now)
        }
      })
    })
  }

  private hear (a: string, b: string): boolean {
    const [one, other] = [this.nara(a), this.nara(b)]

    return this.loss === 0 && [one, other].every(nara => nara.up && !nara.asleep && nara.slow <= PROMPT_FACTOR) &&
      one.group === other.group && one.links.has(b) && other.links.has(a)
  }
}

function pair (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

function entry <K, V> (map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)

  if (known != null) {
    return known
  }

  const made = make()
  map.set(key, made)

  return made
}
