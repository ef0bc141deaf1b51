import { systemClock } from '@nara-stash/protocol'
import type { Clock } from '@nara-stash/protocol'

/** Minutes pass in seconds: what the stash waits for is shorter, what libp2p does takes the time it takes. */
const SPEED = 10

export const fastClock: Clock = {
  ...systemClock,
  now: () => systemClock.now() * SPEED,
  setTimer: (callback, delay) => systemClock.setTimer(callback, delay / SPEED)
}
