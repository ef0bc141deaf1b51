import { newestOf, supersedesOrIs } from '@nara-stash/protocol'
import { NotDoubtfulError, NotFoundError } from '../../errors.ts'
import { checkOutsideMerge } from './checked-merge.ts'
import type { SetAsideStash, WriteOptions, WriteResult } from '../../api.ts'
import type { Author } from './author.ts'
import type { Condition } from './condition.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { Replication } from '../replication/replication.ts'
import type { Settling } from '../recovery/settling.ts'
import type { Strangers } from './strangers.ts'
import type { Writes } from './writes.ts'
import type { Clock, RecordHeader } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

export interface DecisionsInit {
  own: OwnStash
  replication: Replication
  clock: Clock
  author: Author
  condition: Condition
  settling: Settling
  strangers: Strangers
  writes: Pick<Writes, 'unread' | 'close' | 'recovered' | 'flush'>
  isStopped (): boolean
}

/** What a doubt is about. */
interface Evidence {
  /** Every header that was seen. */
  seen: RecordHeader[]
  /** Those of them that could be read. */
  versions: Version[]
}

/** Ends doubts as a person decides: whatever was seen is in the past of what comes next, so that none of it can be taken for newer once more. */
export class Decisions {
  private readonly init: DecisionsInit

  constructor (init: DecisionsInit) {
    this.init = init
  }

  /** What can be read while it is in doubt what our stash is, but for what is current: the best first. */
  readable (): Version[] {
    const { condition, own } = this.init

    if (condition.state !== 'doubtful') {
      return []
    }

    const { versions } = this.evidence()
    const best = this.bestOf(versions)

    return versions
      .filter(version => version !== own.current)
      .toSorted((a, b) => Number(b === best) - Number(a === best) || b.record.seq - a.record.seq)
  }

  /**
   * @throws {NotDoubtfulError | NotFoundError | InsideMergeError}
   */
  async acceptOlder (options?: WriteOptions): Promise<WriteResult> {
    return await this.decide(options, async () => {
      const evidence = this.evidence()
      const best = this.bestOf(evidence.versions)

      if (best == null) {
        throw new NotFoundError('no version can be read: wait for who may have one, or start fresh')
      }

      await this.take(best, evidence)
    })
  }

  /**
   * @throws {NotDoubtfulError | NotFoundError | InsideMergeError}
   */
  async adopt (record: string, options?: WriteOptions): Promise<WriteResult> {
    const { own, condition } = this.init

    return await this.decide(options, async () => {
      const evidence: Evidence = condition.state === 'doubtful' ? this.evidence() : { seen: [], versions: own.current == null ? [] : [own.current] }
      const found = evidence.versions.find(version => version.record.id === record)

      if (found != null && condition.state !== 'doubtful') {
        throw new NotDoubtfulError('this is the current version, and nothing is in doubt')
      }

      await this.take(found ?? this.setAside(record), evidence)
    })
  }

  /**
   * @throws {NotDoubtfulError | InsideMergeError}
   */
  async startFresh ({ signal }: AbortOptions = {}): Promise<void> {
    checkOutsideMerge()
    this.init.writes.close()

    await this.init.author.turns.run(() => {
      this.checkRunning()

      const { author, replication, settling, strangers, writes } = this.init
      const evidence = this.evidence()

      this.keepReadable(evidence)
      strangers.clear()
      replication.reset()
      author.goWithout(evidence.seen)
      settling.search('empty')
      writes.close()
      writes.flush()
    }, signal == null ? {} : { signal })
  }

  private async decide (options: WriteOptions = {}, decision: () => Promise<void>): Promise<WriteResult> {
    checkOutsideMerge()

    const { own, author, replication, writes } = this.init

    // what is written from here on is no part of what was written before, and so it is once the decision is in force
    writes.close()

    const { outcome } = await author.turns.run(async () => {
      this.checkRunning()
      await decision()
      writes.close()

      // in its turn: what is decided next is not what became of this
      return { outcome: own.current == null ? replication.result() : outcomeOf(replication, own.current, options) }
    }, options.signal == null ? {} : { signal: options.signal })

    return await outcome
  }

  /**
   * With the search, a stop ended what is known of what it found.
   *
   * @throws {NotDoubtfulError}
   */
  private checkRunning (): void {
    if (this.init.isStopped()) {
      throw new NotDoubtfulError('a nara that does not run searches for nothing, so nothing is in doubt: start it')
    }
  }

  /**
   * What was seen and read while searching, or since.
   *
   * @throws {NotDoubtfulError}
   */
  private evidence (): Evidence {
    const { own, condition, settling: { recovery }, strangers } = this.init

    if (condition.state !== 'doubtful') {
      throw new NotDoubtfulError(`nothing is in doubt: the state is ${condition.state}`)
    }

    if (recovery.active) {
      return { seen: recovery.seen(), versions: recovery.versions() }
    }

    return {
      seen: [...strangers.list.map(({ record }) => record), ...own.known()],
      versions: [...strangers.list.flatMap(({ read }) => read?.version ?? []), ...(own.current == null ? [] : [own.current])]
    }
  }

  /** Of several that do not know of each other, ours; or else the one with the highest seq. */
  private bestOf (versions: readonly Version[]): Version | undefined {
    const newest = newestOf(versions.map(({ record }) => record)).toSorted((a, b) => b.seq - a.seq)
    const best = newest.find(({ id }) => id === this.init.own.current?.record.id) ?? newest[0]

    return versions.find(({ record }) => record === best)
  }

  /**
   * A version that was set aside, as content for a new one.
   *
   * @throws {NotFoundError}
   */
  private setAside (record: string): SetAsideStash {
    const { own, condition } = this.init
    const version = condition.state === 'searching' || condition.state === 'recovering' ? undefined : own.setAside.find(({ id }) => id === record)

    if (version == null) {
      throw new NotFoundError(`no version ${record} can be read`)
    }

    return version
  }

  /** Makes one content of several the next version. */
  private async take (chosen: Version | SetAsideStash, { seen, versions }: Evidence): Promise<void> {
    const { own, author, condition, replication, settling, strangers, writes } = this.init
    const record = 'record' in chosen ? chosen.record : undefined
    const isNews = record == null || record.id !== own.current?.record.id
    const origin = settling.recovery.versions().find(version => version.record.id === record?.id)?.origin
    const tally = settling.tally()
    const wasSearching = settling.recovery.active

    if ('record' in chosen && wasSearching) {
      author.adopted(chosen, settling.holdings(chosen.record))
    }

    if (isNews) {
      replication.decidedAgainst()
    }

    settling.recovery.stop()

    if (condition.state === 'doubtful') {
      // they are among what was seen
      strangers.clear()
    }

    this.keepReadable({ seen, versions }, record)
    own.setAside = own.setAside.filter(version => version !== chosen && version.id !== record?.id)

    if (!await author.choose({ data: chosen.data, createdAt: 'record' in chosen ? chosen.createdAt : chosen.timestamp }, seen) || own.current == null) {
      return
    }

    if (wasSearching && origin != null) {
      condition.isBack(own.current, origin, { confirmed: false, mayBeDeleted: false, ...tally })
    } else {
      condition.is('settled')
    }

    if (isNews) {
      writes.unread ||= !wasSearching
      writes.recovered()
    }

    writes.flush()
  }

  /** What is not taken stays readable; what could not be read is, should it turn up. */
  private keepReadable ({ seen, versions }: Evidence, chosen?: RecordHeader): void {
    const { own, author } = this.init
    const others = versions.filter(({ record }) => chosen == null || !supersedesOrIs(chosen, record))
    const newest = newestOf(others.map(({ record }) => record))
    const kept = new Set(own.setAside.map(({ id }) => id))

    others.filter(({ record }) => newest.includes(record) && !kept.has(record.id)).forEach(version => { author.putAside(version) })
    author.missing(newestOf(seen).filter(({ id, kind }) => kind === 'data' && !versions.some(({ record }) => record.id === id)))
  }
}

async function outcomeOf (replication: Replication, { record }: Version, options: WriteOptions): Promise<WriteResult> {
  return { ...await replication.outcome(options), seq: String(record.seq) }
}
