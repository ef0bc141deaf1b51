import { soulOf } from './entries.ts'
import { mapEntry } from './map-entry.ts'
import { Reach } from './reach.ts'
import type { Placed } from './entries.ts'
import type { Life, NaraFacts, OwnerFacts, RecordFacts, SoulFacts, WriteFacts } from './fact-types.ts'

export const ANYBODY = { surrogates: 'any', allowed: [] } as const

/** What somebody has. */
export interface Holding {
  nara: string
  record: RecordFacts
  since: number
}

/** The state of a run as its history tells it: what the rules look at. */
export class Facts {
  now = 0
  quietSince = Infinity
  loss = 0
  /** By how much all clocks together are ahead of time: none is by more. */
  ahead = 0
  /** By process. */
  readonly naras = new Map<string, NaraFacts>()
  /** By process, too: what those that have a stash of their own know of it. */
  readonly owners = new Map<string, OwnerFacts>()
  /** By soul. */
  readonly souls = new Map<string, SoulFacts>()
  /** By boot. */
  readonly lives = new Map<string, Life>()
  groups: readonly (readonly string[])[] = []
  readonly records = new Map<string, RecordFacts>()
  readonly reach = new Reach()

  nara (id: string): NaraFacts {
    return mapEntry(this.naras, id, () => ({
      up: false, downAt: -Infinity, boot: undefined, upAt: 0, asleep: false, awakeSince: 0, isAhead: false, speaks: false, keeps: false, slow: 1, group: -1, lie: undefined, hasLied: false, links: new Set(), allows: ANYBODY, knows: undefined, holds: new Map(), buried: new Map(), died: new Map(), given: new Map()
    }))
  }

  owner (id: string): OwnerFacts {
    return mapEntry(this.owners, id, () => ({
      state: 'searching', stateSince: 0, isKnown: false, current: undefined, builds: new Set(), deciding: [], isFresh: false, dismissed: new Set(), readable: [], twins: new Set(), heard: new Map(), placed: undefined, shown: new Map()
    }))
  }

  /** The processes that are up and have a stash of their own. */
  get livingOwners (): Array<[string, OwnerFacts]> {
    return [...this.owners].filter(([owner]) => this.nara(owner).up)
  }

  /** Of an owner, whatever its process. */
  soul (owner: string): SoulFacts {
    return mapEntry(this.souls, soulOf(owner), () => ({ texts: new Set(), writes: new Map(), aside: new Set(), placed: undefined, aloneWith: undefined }))
  }

  /** Since when `a` and `b` hear each other at once; Infinity if they do not. */
  promptSince (a: string, b: string): number {
    return this.reach.since(a, b)
  }

  /** Other processes with the soul of `owner` that lived at the same time as its present one: by boot. */
  companions (owner: string): Array<[string, Life]> {
    const { boot, upAt } = this.nara(owner)

    return [...this.lives].filter(([other, { process, downAt }]) => other !== boot && soulOf(process) === soulOf(owner) && downAt > upAt)
  }

  /** Neither keeps to a list that the other is not on. */
  deal (a: string, b: string): boolean {
    return [[a, b], [b, a]].every(([one = '', other = '']) => this.dealsWithAll(one) || this.nara(one).allows.allowed.includes(soulOf(other)))
  }

  dealsWithAll (nara: string): boolean {
    return this.nara(nara).allows.surrogates !== 'listed'
  }

  /** Writes that were told to be kept, and that nobody gave up. */
  demanded (owner: string): WriteFacts[] {
    return [...this.soul(owner).writes.values()].filter(({ keptAt, givenUp }) => keptAt != null && !givenUp)
  }

  /** Naras that are up, never lied, and hold a record of `owner`. */
  honestHolders (owner: string): Holding[] {
    return this.honest(owner, ({ holds }) => holds)
  }

  /** Naras that are up, never lied, and promised to keep a tombstone of `owner` whose time is not over. */
  honestBuriers (owner: string): Holding[] {
    return this.honest(owner, ({ buried }) => buried).filter(({ nara }) => !this.isOver(nara, owner))
  }

  /** What `nara` has of `owner`. */
  held (nara: string, owner: string): RecordFacts | undefined {
    return this.records.get(this.nara(nara).holds.get(owner)?.record ?? '')
  }

  /** For all that is known the days of the tombstone that `nara` keeps of `owner` may be over. Who brings one says what is left of them, by a clock of its own. */
  isOver (nara: string, owner: string): boolean {
    return this.now + this.ahead >= (this.nara(nara).buried.get(soulOf(owner))?.until ?? 0)
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

  private honest (owner: string, of: (nara: NaraFacts) => ReadonlyMap<string, { record: string, since: number }>): Holding[] {
    return [...this.naras].flatMap(([nara, facts]) => {
      const held = of(facts).get(soulOf(owner))
      const record = this.records.get(held?.record ?? '')

      return facts.up && !facts.hasLied && held != null && record != null ? [{ nara, record, since: held.since }] : []
    })
  }
}
