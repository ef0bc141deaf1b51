import { PROBE_TIMEOUT } from './constants.ts'
import { deadlineSignal } from './deadline.ts'
import type { Clock } from './clock.ts'
import type { Caller, WitnessRequest } from './messages.ts'
import type { StashNetwork } from './network.ts'

/** Connections of one peer whose process is remembered, the latest. */
const MAX_CONNECTIONS = 8

/** Pairs of one peer's processes that are told of each other, as long as it stays: who makes up boots is not served without end. */
const MAX_PAIRS = 16

/** What one peer's connections say. */
interface Speaker {
  /** By connection, the boot that was told over it last. */
  boots: Map<string, string>
  /** Who was told of whom. */
  told: Set<string>
  /** Its processes are being asked whether they live. */
  busy: boolean
}

/**
 * Two processes with one key cannot connect to each other, nor hear each other's presence. Who is connected with both sees that they differ by the boots that
 * they tell, makes sure that both live, and tells each of the other (SPEC.md, "Twins"). A connection that a dead process left behind answers nothing.
 */
export class TwinWatch {
  private readonly network: Pick<StashNetwork, 'ask'>
  private readonly clock: Clock
  private readonly speakers = new Map<string, Speaker>()

  constructor (network: Pick<StashNetwork, 'ask'>, clock: Clock) {
    this.network = network
    this.clock = clock
  }

  /** A process of this boot spoke. Does not reject. */
  async heard ({ peer, connection }: Caller, boot: string): Promise<void> {
    if (connection == null) {
      return
    }

    const speaker = this.speakers.get(peer) ?? { boots: new Map(), told: new Set(), busy: false }

    this.speakers.set(peer, speaker)
    speaker.boots.delete(connection)
    speaker.boots.set(connection, boot)

    for (const oldest of speaker.boots.keys()) {
      if (speaker.boots.size <= MAX_CONNECTIONS) {
        break
      }

      speaker.boots.delete(oldest)
    }

    if (!speaker.busy) {
      speaker.busy = true
      await this.introduce(peer, speaker, connection, boot)
      speaker.busy = false
    }
  }

  /** Its last connection is gone. */
  forget (peer: string): void {
    this.speakers.delete(peer)
  }

  private async introduce (peer: string, speaker: Speaker, connection: string, boot: string): Promise<void> {
    for (const [other, twin] of [...speaker.boots]) {
      const pair = [boot, twin].toSorted().join()

      if (twin === boot || speaker.told.has(pair) || speaker.told.size >= MAX_PAIRS) {
        continue
      }

      // what a process said right before it ended may be read late: only who answers now lives now
      const [isHere, isThere] = await Promise.all([this.asks(peer, connection, {}), this.asks(peer, other, {})])

      if (isHere && isThere && (await Promise.all([this.asks(peer, connection, { twin }), this.asks(peer, other, { twin: boot })])).every(isTold => isTold)) {
        speaker.told.add(pair)
      }
    }
  }

  /** True if there is an answer, whatever it is. */
  private async asks (peer: string, connection: string, words: Pick<WitnessRequest, 'twin'>): Promise<boolean> {
    const deadline = deadlineSignal(this.clock, PROBE_TIMEOUT)

    try {
      await this.network.ask(peer, { type: 'witness', ...words }, { connection, signal: deadline.signal })

      return true
    } catch {
      return false
    } finally {
      deadline.clear()
    }
  }
}
