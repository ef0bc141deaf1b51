import type { Nara } from './world.ts'
import type { WriteResult } from '../../src/api.ts'
import type { Clock, RecordHeader } from '@nara-stash/protocol'

const MIN_COPIES = 2

interface Write {
  /** Its place in the order in which writes were made. */
  nth: number
  process: object
  boot: string | undefined
  result?: WriteResult
  error?: unknown
  answeredAt?: number
}

/** A deletion or a decision: nothing that was written before it is kept by what was written after it. */
interface Boundary {
  /** So many writes were made before. */
  after: number
  /** It came to nothing. */
  isVoid: boolean
}

export interface Tally {
  kept: number
  notKept: number
  coalesced: number
  rejected: number
  /** Deletions and decisions that came to something. */
  boundaries: number
  /** Processes that met somebody who had what was kept. */
  recoveries: number
}

interface Held {
  at: number
  holder: string
  record: string
}

/** What those who wrote were told, held against who really had what: the truth beside the real code. */
export class Answers {
  private readonly clock: Pick<Clock, 'now'>
  private readonly writes: Write[] = []
  private readonly boundaries: Boundary[] = []
  private readonly holdings: Held[] = []
  /** The write whose data it has, by record. */
  private readonly contents = new Map<string, { record: RecordHeader, nth: number }>()
  private readonly dead = new Set<object>()
  private readonly wrong: string[] = []
  private recoveries = 0
  /** By boot, the write that was sealed last, to see that none comes after it that was made before. */
  private readonly lastSealed = new Map<string, number>()

  constructor (clock: Pick<Clock, 'now'>) {
    this.clock = clock
  }

  wrote ({ process }: Nara, put: (text: string) => Promise<WriteResult>): void {
    const write: Write = { nth: this.writes.length, process, boot: process.parts.owning?.own.boot }
    const done = (changes: Partial<Write>): void => { Object.assign(write, { answeredAt: this.clock.now(), ...changes }) }

    this.writes.push(write)
    put(String(write.nth)).then(result => { done({ result }) }, (error: unknown) => { done({ error }) })
  }

  boundary ({ process }: Nara, done: Promise<unknown>): void {
    const boundary: Boundary = { after: this.writes.length, isVoid: false }

    this.boundaries.push(boundary)
    this.lastSealed.clear()
    done.catch(() => { boundary.isVoid = !this.dead.has(process) })
  }

  /** Its callers died with it. */
  died ({ process }: Nara): void {
    this.dead.add(process)
  }

  sealed (record: RecordHeader, data: Uint8Array): void {
    const nth = Number(new TextDecoder().decode(data))

    this.contents.set(record.id, { record, nth })

    const last = this.lastSealed.get(record.boot) ?? -1

    if (nth < last) {
      this.wrong.push(`write ${nth} was sealed after write ${last}`)
    }

    this.lastSealed.set(record.boot, nth)
  }

  held ({ id }: Nara, { id: record }: RecordHeader): void {
    this.holdings.push({ at: this.clock.now(), holder: id, record })
  }

  /** A new process met holders that had these records, and has settled. */
  recovered ({ state, text }: Nara, holding: readonly string[]): void {
    const found = text == null ? -1 : Number(text)
    const best = this.kept().filter(({ nth }) => holding.some(record => this.isAsGood(record, nth))).at(-1)

    this.recoveries += best == null ? 0 : 1

    if (best != null && state !== 'doubtful' && found < best.nth && !this.isGivenUp(best.nth)) {
      this.wrong.push(`write ${best.nth} was kept, one of those who were met has it, and what came back is ${found} (${state})`)
    }
  }

  /** All is well: what was written last, and nobody took back, is there or can be read. */
  healed ({ process, text, aside }: Nara): void {
    const last = this.writes.findLast(write => write.process === process)

    if (last?.result != null && !this.isGivenUp(last.nth) && ![text, ...aside].includes(String(last.nth))) {
      this.wrong.push(`write ${last.nth} was the last one, and ${text} is there`)
    }
  }

  /** What is wrong with what callers were told. */
  verdict (): string[] {
    for (const { nth, process, result, error } of this.writes) {
      if (result == null && error == null && !this.dead.has(process)) {
        this.wrong.push(`write ${nth} was never answered`)
      }
    }

    for (const { nth, boot, result, answeredAt = 0 } of this.writes) {
      const version = [...this.contents.values()].find(({ record }) => record.boot === boot && String(record.seq) === result?.seq)

      if (result?.outcome === 'kept') {
        const holders = new Set(this.holdings.filter(({ at, record }) => at <= answeredAt && this.isAsGood(record, nth)).map(({ holder }) => holder))

        if (holders.size < MIN_COPIES) {
          this.wrong.push(`write ${nth} is said to be kept, and ${holders.size} ever had it or what came after it`)
        }
      }

      if (result?.seq != null && version == null) {
        this.wrong.push(`write ${nth} is said to be version ${result.seq}, which was never sealed`)
      }

      if (version != null && (version.nth < nth || (result?.coalesced === true) !== version.nth > nth)) {
        this.wrong.push(`write ${nth} is told of version ${result?.seq}, which has write ${version.nth}; coalesced: ${result?.coalesced}`)
      }
    }

    return this.wrong
  }

  /** How much there was to get wrong. */
  tally (): Tally {
    const told = this.writes.flatMap(({ result }) => result ?? [])

    return {
      kept: told.filter(({ outcome }) => outcome === 'kept').length,
      notKept: told.filter(({ outcome }) => outcome !== 'kept').length,
      coalesced: told.filter(({ coalesced }) => coalesced === true).length,
      rejected: this.writes.filter(({ error }) => error != null).length,
      boundaries: this.boundaries.filter(({ isVoid }) => !isVoid).length,
      recoveries: this.recoveries
    }
  }

  private kept (): Write[] {
    return this.writes.filter(({ result }) => result?.outcome === 'kept')
  }

  /** A record has this write, or one that came after it without a deletion or a decision between them. */
  private isAsGood (record: string, nth: number): boolean {
    const has = this.contents.get(record)?.nth

    return has != null && has >= nth && this.isSameSide(nth, has)
  }

  /** It may have been deleted, or decided against. */
  private isGivenUp (nth: number): boolean {
    return this.boundaries.some(({ after, isVoid }) => !isVoid && nth < after)
  }

  private isSameSide (nth: number, other: number): boolean {
    return !this.boundaries.some(({ after, isVoid }) => !isVoid && nth < after !== other < after)
  }
}
