import { soulOf } from './entries.ts'
import { mapEntry } from './map-entry.ts'
import { Reach } from './reach.ts'
import type { Placed } from './entries.ts'
import type { Life, NaraFacts, OwnerFacts, RecordFacts, SoulFacts, WriteFacts } from './fact-types.ts'

export const ANYBODY = { surrogates: 'any', allowed: [] } as const

/** The state of a run as its history tells it: what the rules look at. */
export class Facts {
  now = 0
  quietSince = Infinity
  loss = 0
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
      up: false, downAt: -Infinity, boot: undefined, upAt: 0, asleep: false, awakeSince: 0, isAhead: false, speaks: false, slow: 1, group: -1, lie: undefined, hasLied: false, links: new Set(), allows: ANYBODY, knows: undefined, holds: new Map(), died: new Map(), given: new Map()
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
  honestHolders (owner: string): Array<{ nara: string, record: RecordFacts, since: number }> {
    return [...this.naras].flatMap(([nara, { up, hasLied, holds }]) => {
      const held = holds.get(soulOf(owner))
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
}
