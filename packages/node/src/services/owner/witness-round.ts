import { deadlineSignal } from '@nara-stash/protocol'
import { ASK_TIMEOUT, WITNESS_INTERVAL, WITNESS_INTERVAL_MOST, WITNESS_SLOWDOWN } from '../../constants.ts'
import type { Clock, Placement, Random, RecordHeader, StashNetwork } from '@nara-stash/protocol'

export interface WitnessRoundInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  clock: Clock
  random: Random
  /** Those to ask in turn, of whom some may not be here. */
  holders (): readonly string[]
  /** It has told before what it has seen: only against that is what it shows later a twin's. */
  hasAnswered (peer: string): boolean
  admits (peer: string): boolean
  /** A header that a peer has seen, and the placement with which it was to keep that, if it refused. */
  onHeader (record: RecordHeader, from: string, placement?: Placement): void
}

/**
 * Asks others which headers of ours they have seen while we know our stash: that is how an owner that writes nothing learns of a twin, or of a version that
 * recovery missed. In turn, each minute at first, and less often the longer nothing comes of it. Who has not answered during recovery is asked at once, and so is who connects: it hears by
 * that which process this is, too.
 */
export class WitnessRound {
  private readonly init: WitnessRoundInit
  private cancelTimer: (() => void) | undefined
  private began = 0
  private abort = new AbortController()
  private last = ''

  constructor (init: WitnessRoundInit) {
    this.init = init
  }

  /** It is known what our stash is, or it is another one than before. */
  start (): void {
    this.stop()
    this.began = this.init.clock.now()
    this.arm()
    this.init.network.peers().filter(({ id }) => this.init.admits(id) && !this.init.hasAnswered(id)).forEach(({ id }) => { void this.ask(id) })
  }

  stop (): void {
    this.abort.abort()
    this.abort = new AbortController()
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }

  connected (peer: string): void {
    if (this.init.admits(peer)) {
      void this.ask(peer)
    }
  }

  private arm (): void {
    const { clock, random } = this.init
    const interval = Math.min(Math.max((clock.now() - this.began) / WITNESS_SLOWDOWN, WITNESS_INTERVAL), WITNESS_INTERVAL_MOST)

    this.cancelTimer = clock.setTimer(() => {
      this.next()
      this.arm()
    }, Math.round(interval * (0.8 + 0.4 * random.next())))
  }

  /** The holders that are here. */
  private present (): string[] {
    const here = new Set(this.init.network.peers().map(({ id }) => id))

    return this.init.holders().filter(peer => here.has(peer)).toSorted()
  }

  /** The next of them, after the one that was asked last. */
  private next (): void {
    const holders = this.present()
    const peer = holders.find(id => id > this.last) ?? holders[0]

    if (peer != null) {
      this.last = peer
      void this.ask(peer)
    }
  }

  private async ask (peer: string): Promise<void> {
    const { network, clock, onHeader } = this.init
    const { signal } = this.abort
    const deadline = deadlineSignal(clock, ASK_TIMEOUT, signal)

    try {
      const answer = await network.ask(peer, { type: 'witness' }, { signal: deadline.signal })

      if (answer.type === 'witnessed' && !signal.aborted) {
        onHeader(answer.record, peer)

        if (answer.beside != null) {
          onHeader(answer.beside, peer, answer.besidePlacement)
        }
      }
    } catch {
      // the next one may say
    } finally {
      deadline.clear()
    }
  }
}
