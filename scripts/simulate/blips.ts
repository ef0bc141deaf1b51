import { exponential } from '@nara-stash/testing'
import type { Random } from '@nara-stash/protocol'
import type { SimNetwork, VirtualClock } from '@nara-stash/testing'

/** How long a network is gone, on average, in milliseconds: more than half of them are back before a connection is given up. */
const LENGTH = 30_000

export interface BlipsInit {
  clock: VirtualClock
  net: Pick<SimNetwork, 'cutOff' | 'reconnect'>
  /** Whose network it is. */
  id: string
  /** Mean time between two of them, in milliseconds; Infinity: there are none. */
  every: number
  random: Random
}

/** One machine's network goes away for a moment now and then, whether its nara is up or not. */
export class Blips {
  private readonly init: BlipsInit

  constructor (init: BlipsInit) {
    this.init = init
  }

  /** To be called once its nara has joined the network. */
  start (): void {
    const { every } = this.init

    if (Number.isFinite(every)) {
      this.after(every, () => { this.cutOff() })
    }
  }

  private cutOff (): void {
    const { net, id } = this.init
    net.cutOff(id)
    this.after(LENGTH, () => {
      net.reconnect(id)
      this.start()
    })
  }

  private after (mean: number, then: () => void): void {
    const { clock, random } = this.init
    clock.setTimer(then, exponential(random, mean))
  }
}
