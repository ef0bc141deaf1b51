import { verifyBody } from '@nara-stash/protocol'
import { BODY_RETRY } from '../../constants.ts'
import { wantedBodies } from '../../policy/wanted-bodies.ts'
import { isOurs } from '../owner/is-ours.ts'
import type { Answer } from '../../policy/settle.ts'
import type { OwnStash, Version } from '../owner/own-stash.ts'
import type { Clock, FetchResponse, RecordHeader, StashNetwork } from '@nara-stash/protocol'

/** Which way a version came back first. */
export interface Origin {
  via: 'push' | 'fetch'
  from: string
}

export type Found = Version & { origin: Origin }

export interface BodiesInit {
  network: Pick<StashNetwork, 'ask'>
  own: Pick<OwnStash, 'open' | 'owner'>
  clock: Clock
  onFound (version: Version, via: 'push' | 'fetch', from: string): void
  /** With a body comes what its holder has. */
  onAnswer (peer: string, answer: FetchResponse): void
  /** A body came, or will not. */
  onChange (): void
}

/** The versions of our stash that a search has read, and those on their way. */
export class Bodies {
  private readonly init: BodiesInit
  private readonly found = new Map<string, Found>()
  private readonly coming = new Set<string>()
  /** When each body was asked for, or offered, first. */
  private readonly since = new Map<string, number>()
  private readonly tried = new Map<string, number>()
  private abort = new AbortController()

  constructor (init: BodiesInit) {
    this.init = init
  }

  /** Forgets what was found; what is on its way is not taken. */
  clear (): void {
    this.abort.abort()
    this.abort = new AbortController()
    this.found.clear()
    this.coming.clear()
    this.since.clear()
    this.tried.clear()
  }

  get (record: string): Found | undefined {
    return this.found.get(record)
  }

  list (): Found[] {
    return [...this.found.values()]
  }

  /** True if the record was read, or its body is on its way. */
  isCared (record: string): boolean {
    return this.found.has(record) || this.coming.has(record)
  }

  /** The records whose body is on its way, and when it was cared for first: who gives up and begins anew gains no time. */
  onTheWay (): Map<string, number> {
    return new Map([...this.coming].map(record => [record, this.since.get(record) ?? 0]))
  }

  /** Its body is pushed. Returns what to do if it does not come after all. */
  expect (record: string): () => void {
    const { signal } = this.abort
    this.coming.add(record)
    this.since.set(record, this.since.get(record) ?? this.init.clock.now())

    return () => {
      if (!signal.aborted) {
        this.coming.delete(record)
        this.init.onChange()
      }
    }
  }

  /** Fetches what is wanted of what peers say that they hold. */
  fetch (answers: readonly Answer[]): void {
    const now = this.init.clock.now()
    const wanted = wantedBodies({
      answers,
      isCared: record => this.isCared(record),
      mayAsk: (peer, record) => now - (this.tried.get(`${peer}/${record}`) ?? -Infinity) >= BODY_RETRY
    })

    wanted.forEach(({ peer, record }) => {
      void this.fetchFrom(peer, record.id, this.expect(record.id))
    })
  }

  /**
   * A body came.
   *
   * @throws {BodyMismatchError | WrongKeyError}
   */
  take (record: RecordHeader, body: Uint8Array, origin: Origin): void {
    this.coming.delete(record.id)

    if (!this.found.has(record.id)) {
      const version = this.init.own.open(record, verifyBody(body, record))

      this.found.set(record.id, { ...version, origin })
      this.init.onFound(version, origin.via, origin.from)
    }

    this.init.onChange()
  }

  private async fetchFrom (peer: string, record: string, done: () => void): Promise<void> {
    const { signal } = this.abort

    try {
      const answer = await this.init.network.ask(peer, { type: 'fetch', whole: true }, { signal })

      if (!signal.aborted) {
        this.init.onAnswer(peer, answer)

        if (answer.type === 'found' && answer.body != null && answer.record.kind === 'data' && isOurs(answer, this.init.own.owner)) {
          this.take(answer.record, answer.body, { via: 'fetch', from: peer })
        }
      }
    } catch {
      // another holder, or the same one later: whoever looks next sees what is missing
    } finally {
      // a pause, in which others have their turn, or what is below it
      this.tried.set(`${peer}/${record}`, this.init.clock.now())
      done()
    }
  }
}
