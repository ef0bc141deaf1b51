import { ClockDrivenTwiceError, VirtualTimeoutError } from './errors.ts'
import { TimerHeap } from './timer-heap.ts'
import type { CancelTimer, Clock } from '@nara-stash/protocol'

export interface VirtualClockInit {
  /**
   * What `wallTime()` says when `now()` is 0, in milliseconds since 1970.
   *
   * @default 1_700_000_000_000 (November 2023)
   */
  wallOffset?: number
}

export interface RunOptions {
  /**
   * How much virtual time may pass, in milliseconds.
   *
   * @default 60_000
   */
  within?: number
}

const DEFAULT_WALL_OFFSET = 1_700_000_000_000
const DEFAULT_WITHIN = 60_000

/** After so many timers the event loop gets a real turn, so that a long run does not starve a test runner's own timeouts. */
const TIMERS_PER_TURN = 1_000

/**
 * A clock that stands still until it is driven.
 *
 * Between two timers everything that the first one set going runs to its end. Promise chains do so by themselves: on Node the
 * `process.nextTick` queue is served once the microtask queue is empty, so one tick drains a chain of any length. That covers
 * libp2p's Ed25519 and SHA-256 and with them the sealing and opening of headers and placements: on Node they
 * compute on the spot and are asynchronous in name only.
 *
 * Work that really leaves the thread (crypto.subtle, files, sockets) is invisible to any such drain. Hand its promise to
 * `track`: virtual time stands still until it is settled. Two tracked works of one instant end in an order that the thread pool
 * chooses, so a replayable run must not depend on it. Never track what waits for virtual time: the two would wait for
 * each other.
 */
export class VirtualClock implements Clock {
  /** `wallTime()` is `now()` plus this. Set it to make the wall clock jump; `now()` never notices. */
  wallOffset: number
  readonly #timers = new TimerHeap()
  readonly #tracked = new Set<Promise<unknown>>()
  #now = 0
  #driven = false
  #sinceTurn = 0

  constructor (init: VirtualClockInit = {}) {
    this.wallOffset = init.wallOffset ?? DEFAULT_WALL_OFFSET
  }

  now (): number {
    return this.#now
  }

  wallTime (): number {
    return this.#now + this.wallOffset
  }

  /** Timers that are still to run. */
  get pending (): number {
    return this.#timers.size
  }

  /**
   * A negative delay counts as 0 and an infinite one never runs. Errors that the callback throws come out of `advance`.
   *
   * @throws {RangeError} the delay is not a number
   */
  setTimer (callback: () => void, delay: number): CancelTimer {
    if (Number.isNaN(delay)) {
      throw new RangeError('a timer\'s delay must be a number')
    }

    const timer = this.#timers.add(this.#now + Math.max(delay, 0), callback)

    return () => { this.#timers.cancel(timer) }
  }

  /** Keeps virtual time still until `work` is settled; returns `work`. */
  track <T> (work: Promise<T>): Promise<T> {
    const done = (): void => { this.#tracked.delete(work) }
    this.#tracked.add(work)
    work.then(done, done)

    return work
  }

  /** Lets everything run that can run without time passing, tracked work included. */
  async settle (): Promise<void> {
    await turn()

    while (this.#tracked.size > 0) {
      await Promise.race([...this.#tracked].map(async work => await work.catch(() => {})))
      await turn()
    }
  }

  /**
   * Moves time on by `ms` milliseconds and runs the timers due until then, by time and, at one instant, in the order in which
   * they were made.
   *
   * @throws {ClockDrivenTwiceError} the clock is being driven already
   * @throws {RangeError} `ms` is negative or not finite
   */
  async advance (ms: number): Promise<void> {
    await this.#drive(ms, () => false)
  }

  /**
   * Runs timer after timer until `predicate` holds; the clock stays at that instant.
   *
   * @throws {VirtualTimeoutError} it does not hold when `within` is over
   * @throws {ClockDrivenTwiceError} the clock is being driven already
   */
  async runUntil (predicate: () => boolean, options: RunOptions = {}): Promise<void> {
    const { within = DEFAULT_WITHIN } = options

    if (!await this.#drive(within, predicate)) {
      throw new VirtualTimeoutError(`the condition did not hold within ${within} ms: the virtual time is ${this.#now} ms, ` +
        `${this.pending} timers are pending, the next is due at ${this.#timers.nextDue()} ms`)
    }
  }

  /**
   * Runs timer after timer until `promise` is settled, and returns its value or throws its error.
   *
   * @throws {VirtualTimeoutError} it is still pending when `within` is over
   * @throws {ClockDrivenTwiceError} the clock is being driven already
   */
  async outcome <T> (promise: Promise<T>, options?: RunOptions): Promise<T> {
    let settled = false
    const done = (): void => { settled = true }
    promise.then(done, done)
    await this.runUntil(() => settled, options)

    return await promise
  }

  async #drive (ms: number, predicate: () => boolean): Promise<boolean> {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new RangeError(`virtual time moves on by a number of milliseconds, not by ${ms}`)
    }

    if (this.#driven) {
      throw new ClockDrivenTwiceError('the clock is being driven already: await the first call, and drive it from no timer')
    }

    this.#driven = true

    try {
      return await this.#runTo(this.#now + ms, predicate)
    } finally {
      this.#driven = false
    }
  }

  async #runTo (end: number, predicate: () => boolean): Promise<boolean> {
    await this.settle()

    while (!predicate()) {
      const due = this.#timers.nextDue()

      if (due > end) {
        this.#now = end
        await this.settle()

        // the turn of the event loop may have brought a timer that is due at once
        if (this.#timers.nextDue() > end) {
          return predicate()
        }

        continue
      }

      this.#now = Math.max(this.#now, due)
      this.#timers.take()?.()
      await microtasks()

      if (this.#tracked.size > 0 || ++this.#sinceTurn >= TIMERS_PER_TURN) {
        this.#sinceTurn = 0
        await this.settle()
      }
    }

    return true
  }
}

/** Resolves once the microtask queue is empty. */
function microtasks (): Promise<void> {
  return new Promise(resolve => { process.nextTick(resolve) })
}

/** Resolves after a turn of the event loop. */
function turn (): Promise<void> {
  return new Promise(resolve => { setImmediate(resolve) })
}
