import { afterEach, describe, expect, it } from 'vitest'
import { sealedRecord } from '../src/index.ts'
import { VirtualClock } from '../src/virtual-clock.ts'

describe('VirtualClock', () => {
  it('stands still until it is driven', async () => {
    const clock = new VirtualClock()
    let ran = false
    clock.setTimer(() => { ran = true }, 0)

    await clock.settle()
    expect([clock.now(), ran]).toEqual([0, false])

    await clock.advance(0)
    expect([clock.now(), ran]).toEqual([0, true])
  })

  it('runs timers by time and, at one instant, in the order of their making', async () => {
    const clock = new VirtualClock()
    const ran: string[] = []

    for (const [name, delay] of [['c', 20], ['a', 10], ['d', 20], ['b', 10], ['never', 31], ['past', -5]] as const) {
      clock.setTimer(() => { ran.push(`${name} at ${clock.now()}`) }, delay)
    }

    await clock.advance(30)

    expect(ran).toEqual(['past at 0', 'a at 10', 'b at 10', 'c at 20', 'd at 20'])
    expect(clock.now()).toBe(30)
    expect(clock.pending).toBe(1)
  })

  it('runs timers that timers make, in the same call', async () => {
    const clock = new VirtualClock()
    const ran: number[] = []
    const again = (): void => {
      ran.push(clock.now())
      clock.setTimer(again, 10)
    }
    clock.setTimer(again, 0)

    await clock.advance(35)
    expect(ran).toEqual([0, 10, 20, 30])
  })

  it('never runs a cancelled timer; cancelling twice or late does nothing', async () => {
    const clock = new VirtualClock()
    const ran: string[] = []
    const cancelEarly = clock.setTimer(() => { ran.push('cancelled') }, 10)
    const cancelLate = clock.setTimer(() => { ran.push('ran') }, 10)

    cancelEarly()
    cancelEarly()
    expect(clock.pending).toBe(1)
    await clock.advance(10)
    cancelLate()

    expect(ran).toEqual(['ran'])
    expect(clock.pending).toBe(0)
  })

  it('takes an infinite delay for never and refuses one that is no number', async () => {
    const clock = new VirtualClock()
    let ran = false
    clock.setTimer(() => { ran = true }, Infinity)

    await clock.advance(Number.MAX_SAFE_INTEGER)
    expect(ran).toBe(false)
    expect(() => clock.setTimer(() => {}, NaN)).toThrow(RangeError)
  })

  it('hands on what a timer throws, and can be driven on', async () => {
    const clock = new VirtualClock()
    let later = false
    clock.setTimer(() => { throw new Error('a broken timer') }, 5)
    clock.setTimer(() => { later = true }, 6)

    await expect(clock.advance(10)).rejects.toThrow('a broken timer')
    expect([clock.now(), later]).toEqual([5, false])

    await clock.advance(1)
    expect(later).toBe(true)
  })

  it('is driven by one at a time', async () => {
    const clock = new VirtualClock()
    const first = clock.advance(10)

    await expect(clock.advance(10)).rejects.toThrow(expect.objectContaining({ name: 'ClockDrivenTwiceError' }))
    await first
    expect(clock.now()).toBe(10)
  })

  it.each([-1, NaN, Infinity])('does not move on by %s', async (ms) => {
    await expect(new VirtualClock().advance(ms)).rejects.toThrow(RangeError)
  })

  it('lets the wall clock jump without touching the monotonic one', async () => {
    const clock = new VirtualClock({ wallOffset: 0 })
    expect(clock.wallTime()).toBe(0)

    await clock.advance(1_000)
    clock.wallOffset = 1_800_000_000_000
    expect([clock.now(), clock.wallTime()]).toEqual([1_000, 1_800_000_001_000])

    clock.wallOffset = -5_000
    expect([clock.now(), clock.wallTime()]).toEqual([1_000, -4_000])
  })
})

describe('VirtualClock: what runs between two timers', () => {
  const log: string[] = []
  afterEach(() => { log.length = 0 })

  /** Runs `work` in a timer at 10 ms and looks, at 10 ms too, whether it has ended. */
  async function endsAtOnce (clock: VirtualClock, work: () => Promise<unknown>): Promise<void> {
    clock.setTimer(() => { void work().then(() => { log.push(`ended at ${clock.now()}`) }) }, 10)
    clock.setTimer(() => { log.push('next timer') }, 10)
    await clock.advance(20)

    expect(log).toEqual(['ended at 10', 'next timer'])
  }

  it('promise chains of any length', async () => {
    await endsAtOnce(new VirtualClock(), async () => {
      for (let i = 0; i < 10_000; i++) {
        await Promise.resolve()
      }
    })
  })

  it('the sealing and opening of a record with a libp2p key', async () => {
    await endsAtOnce(new VirtualClock(), async () => await sealedRecord({ seq: 77 }))
  })

  it('work on the thread pool that is tracked, also one after another', async () => {
    const clock = new VirtualClock()
    const digest = async (): Promise<unknown> => await clock.track(crypto.subtle.digest('SHA-256', new Uint8Array(1 << 20)))

    await endsAtOnce(clock, async () => {
      await digest()
      await Promise.resolve()
      await Promise.all([digest(), digest()])
    })
  })

  it('tracked work that fails', async () => {
    const clock = new VirtualClock()

    await endsAtOnce(clock, async () => {
      await clock.track(crypto.subtle.digest('no such hash', new Uint8Array(1))).catch(() => {})
    })
  })

  it('a turn of the event loop at the start and at the end of a call', async () => {
    const clock = new VirtualClock()
    setImmediate(() => { clock.setTimer(() => { log.push('made before') }, 5) })
    clock.setTimer(() => { setImmediate(() => { clock.setTimer(() => { log.push(`due at ${clock.now()}`) }, 0) }) }, 10)

    await clock.advance(10)
    expect(log).toEqual(['made before', 'due at 10'])
  })
})

describe('VirtualClock.runUntil and outcome', () => {
  it('stop at the instant at which the condition comes true', async () => {
    const clock = new VirtualClock()
    let count = 0
    const tick = (): void => {
      count++
      clock.setTimer(tick, 100)
    }
    clock.setTimer(tick, 100)

    await clock.runUntil(() => count === 7)
    expect(clock.now()).toBe(700)

    await clock.runUntil(() => count === 7)
    expect(clock.now()).toBe(700)
  })

  it('hold at the very end of the time given, and fail after it with the virtual time', async () => {
    const clock = new VirtualClock()
    await clock.advance(5)
    await clock.runUntil(() => clock.now() >= 25, { within: 20 })
    expect(clock.now()).toBe(25)

    clock.setTimer(() => {}, 1_000)
    await expect(clock.runUntil(() => false, { within: 10 })).rejects.toThrow(expect.objectContaining({
      name: 'VirtualTimeoutError',
      message: 'the condition did not hold within 10 ms: the virtual time is 35 ms, 1 timers are pending, the next is due at 1025 ms'
    }))
  })

  it('bring a promise to its value, its error or a timeout', async () => {
    const clock = new VirtualClock()
    const after = async (ms: number): Promise<string> =>
      await new Promise((resolve) => { clock.setTimer(() => { resolve(`at ${clock.now()}`) }, ms) })

    expect(await clock.outcome(after(30_000))).toBe('at 30000')
    await expect(clock.outcome(Promise.reject(new Error('refused')))).rejects.toThrow('refused')
    expect(clock.now()).toBe(30_000)
    await expect(clock.outcome(after(50), { within: 49 })).rejects.toThrow(expect.objectContaining({ name: 'VirtualTimeoutError' }))
  })
})
