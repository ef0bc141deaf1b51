import { RECONCILE_INTERVAL } from '../../constants.ts'
import { Forgetting } from './forgetting.ts'
import { WriteWaiters } from './write-waiters.ts'
import type { ForgetResult } from '../../api.ts'
import type { ForgettingInit } from './forgetting.ts'
import type { Keeping } from './keeping.ts'
import type { OlderCopy } from './stores.ts'
import type { Version } from '../owner/own-stash.ts'
import type { WaitOptions } from './write-waiters.ts'

/** Former holders that are remembered, the latest: they may have a copy of what is to be forgotten. */
const MAX_FORMER = 256

/** The end of a stash: who was ever asked by this process to keep it hears of its tombstone, and who forgets it hears what became of that. */
export class Deletion {
  private readonly forgetting: Forgetting
  private readonly waiters: WriteWaiters<ForgetResult>
  private readonly former = new Set<string>()
  private readonly init: ForgettingInit
  private readonly keeping: Keeping

  constructor (init: ForgettingInit, keeping: Keeping) {
    this.init = init
    this.keeping = keeping
    this.forgetting = new Forgetting(init)
    this.waiters = new WriteWaiters(init.clock)
  }

  /** Who was a holder may have a copy for as long as nothing else is known. */
  remember (holders: readonly string[]): void {
    for (const peer of holders) {
      this.former.delete(peer)
      this.former.add(peer)
    }

    ;[...this.former].slice(0, -MAX_FORMER).forEach(peer => { this.former.delete(peer) })
  }

  /**
   * @param holders - by the last placement, and by those that the tombstone came with
   * @param known - copies that are known
   */
  begin (version: Version, holders: readonly string[], known: readonly OlderCopy[]): void {
    this.forgetting.begin(version, { holders, known, others: [...this.former] })
  }

  /** There is something again, or it is not known what there is. Returns the copies of what was deleted of which it is not known that they are gone. */
  end (): OlderCopy[] {
    const { left } = this.forgetting

    // what they are told is what has been so far
    this.waiters.end()
    this.forgetting.end()

    return left
  }

  stop (): void {
    this.forgetting.stop()
    this.waiters.end()
  }

  /** `peer` left, or came anew. */
  moved (peer: string): void {
    this.forgetting.moved(peer)
  }

  /** `peer` says that it has the tombstone. */
  confirm (peer: string): void {
    this.forgetting.confirm(peer)
  }

  /** A peer says that it has something that the tombstone ends. */
  noticed (copy: OlderCopy): void {
    this.forgetting.noticed(copy)
  }

  /** Nobody is told or asked meanwhile, so who does not mind a part is not kept waiting. */
  pause (): void {
    this.waiters.progress(true)
  }

  /** Goes on telling. Returns when to look again. */
  look (): number {
    const next = this.forgetting.look()

    if (this.forgetting.isForgotten) {
      this.keeping.acknowledge()
    }

    const { isTried } = this.forgetting
    this.waiters.progress(isTried)

    if (isTried) {
      this.forgetting.tryAll()
    }

    return Math.min(next, this.init.clock.now() + RECONCILE_INTERVAL)
  }

  /** Peers that have the tombstone. */
  told (): string[] {
    return this.forgetting.told()
  }

  result (): ForgetResult {
    return this.forgetting.result()
  }

  /** What became of it once everybody within reach was tried; with a timeout, once it is forgotten. */
  async outcome (options: WaitOptions): Promise<ForgetResult> {
    const { timeout = 0 } = options

    return await this.waiters.wait(options, tried => tried && (timeout === 0 || this.forgetting.isForgotten), () => this.result())
  }
}
