import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { DialRace, PATIENCE, STAGGER } from '../../src/host/dial-race.ts'

/** What becomes of a dial: after how long it is connected, and after how long more it is known who is there, or why not. */
interface Place {
  connects?: number
  upgrades?: number
  fails?: string
}

class Course {
  readonly clock = new VirtualClock()
  readonly log: string[] = []
  readonly open = new Set<string>()
  readonly discarded: string[] = []
  mostConnected = 0

  constructor (readonly places: Record<string, Place>) {}

  async run (signal = new AbortController().signal, timeout = 9_000): Promise<{ address: string, at: number }> {
    const race = new DialRace<string>({
      addresses: Object.keys(this.places),
      attempt: async (address, { signal, connected }) => await this.attempt(address, signal, connected),
      discard: connection => { this.discarded.push(connection) },
      clock: this.clock,
      timeout,
      signal
    })
    const running = race.run().then(({ address }) => ({ address, at: this.clock.now() }))

    running.catch(() => {})
    await this.clock.advance(60_000)

    return await running
  }

  private async attempt (address: string, signal: AbortSignal, connected: () => void): Promise<string> {
    const { connects, upgrades, fails } = this.places[address]!
    this.note('dials', address)
    this.open.add(address)

    try {
      await this.wait(connects, signal)

      if (fails != null && upgrades == null) {
        throw new Error(fails)
      }

      connected()
      this.note('connected', address)
      await this.wait(upgrades, signal)

      if (fails != null) {
        throw new Error(fails)
      }

      return address
    } catch (error) {
      this.open.delete(address)
      this.note(signal.aborted ? 'closes' : 'fails', address)
      throw error
    }
  }

  private async wait (ms: number | undefined, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const cancel = ms == null ? () => {} : this.clock.setTimer(resolve, ms)

    signal.addEventListener('abort', () => {
      cancel()
      reject(signal.reason)
    }, { once: true })
    await promise
  }

  private note (what: string, address: string): void {
    this.log.push(`${this.clock.now()} ${what} ${address}`)
  }
}

const good: Place = { connects: 20, upgrades: 40 }
const dead: Place = {}

describe('a race of the addresses of a peer', () => {
  it('takes as long as the good one needs, and the stagger of those before it', async () => {
    const dark = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`dead ${i}`, dead]))
    const course = new Course({ ...dark, good })

    expect(await course.run()).toEqual({ address: 'good', at: 10 * STAGGER + 60 })
    expect([...course.open]).toEqual(['good'])
    expect(course.clock.pending).toBe(0)
  })

  it('does not wait for the stagger when one fails', async () => {
    const refuses = { connects: 1, fails: 'refused' }
    const course = new Course({ a: refuses, b: refuses, c: refuses, good })

    expect(await course.run()).toEqual({ address: 'good', at: 3 + 60 })
  })

  it('closes the slower ones as soon as one is connected, before a word is said', async () => {
    const course = new Course({ dead, slow: { connects: 600, upgrades: 1 }, good })

    expect(await course.run()).toMatchObject({ address: 'good' })
    expect(course.log).toEqual([
      '0 dials dead', '250 dials slow', '500 dials good', '520 connected good', '520 closes dead', '520 closes slow'
    ])
  })

  it('goes on alone with one of two that are connected at the same moment', async () => {
    const course = new Course({ first: { connects: STAGGER, upgrades: 10 }, second: { connects: 0, upgrades: 10 } })

    await course.run()
    expect(course.log.filter(line => line.includes('connected'))).toHaveLength(1)
    expect(course.open.size).toBe(1)
  })

  it('tries the others again if it was somebody else', async () => {
    const course = new Course({ slow: { connects: 600, upgrades: 10 }, other: { connects: 10, upgrades: 10, fails: 'another peer' } })

    // closed at 260, dialled anew at 270
    expect(await course.run()).toEqual({ address: 'slow', at: 270 + 610 })
    expect([...course.open]).toEqual(['slow'])
  })

  it('tries the others beside one that says nothing, and takes it all the same if it is the first to speak', async () => {
    const silent = { connects: 10 }

    expect(await new Course({ silent, good }).run()).toEqual({ address: 'good', at: 10 + PATIENCE + 60 })
    expect(await new Course({ late: { connects: 10, upgrades: PATIENCE + 30 }, good: { connects: 100, upgrades: 100 } }).run())
      .toEqual({ address: 'late', at: 10 + PATIENCE + 30 })
  })

  it.each([5, 60])('waits alone for one that says nothing, not for each of %i', async count => {
    const silent = Object.fromEntries(Array.from({ length: count }, (_, i) => [`silent ${i}`, { connects: 10 }]))
    const course = new Course({ ...silent, good })
    const { address, at } = await course.run()

    expect(address).toBe('good')
    expect(at).toBeLessThanOrEqual(10 + PATIENCE + Math.min(count * STAGGER, 5_000) + 60)
    expect([...course.open]).toEqual(['good'])
    expect(course.clock.pending).toBe(0)
  })

  it('cuts off no slow peer behind those that say nothing', async () => {
    const silent = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map(name => [name, { connects: 10 }]))

    // beside it another one is slower still
    expect(await new Course({ ...silent, slow: { connects: 900, upgrades: 3_000 }, slower: { connects: 1_000, upgrades: 3_500 } }).run())
      .toMatchObject({ address: 'slow' })
  })

  it('gives each a turn, however many there are, before any has a second one', async () => {
    const slow = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`slow ${i}`, dead]))
    const course = new Course({ ...slow, other: { connects: 10, upgrades: 10, fails: 'another peer' }, ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`dark ${i}`, dead])), good })

    expect(await course.run()).toMatchObject({ address: 'good' })
  })

  it('fails with the reason of each, those included that are still silent then', async () => {
    const course = new Course({ dead, refuses: { connects: 1, fails: 'refused' }, other: { connects: 1, upgrades: 1, fails: 'another peer' }, silent: { connects: 1 } })
    const error = await course.run().catch((error: unknown) => error) as { reasons: Map<string, Error> }

    expect(Object.fromEntries([...error.reasons].map(([address, { message }]) => [address, message]))).toEqual({
      dead: 'no answer in time', refuses: 'refused', other: 'another peer', silent: 'it is connected, and says nothing'
    })
    expect(course.open.size).toBe(0)
    expect(course.clock.pending).toBe(0)
  })

  it('fails as soon as all have', async () => {
    const course = new Course({ a: { connects: 1, fails: 'refused' }, b: { connects: 1, upgrades: 1, fails: 'another peer' } })

    await expect(course.run()).rejects.toThrow('all addresses failed')
    expect(course.log.at(-1)).toBe('3 fails b')
    await expect(new Course({}).run()).rejects.toThrow('all addresses failed')
  })

  it('ends at once, and closes everything, when it is aborted', async () => {
    const controller = new AbortController()
    const course = new Course({ dead, silent: { connects: 10 } })
    course.clock.setTimer(() => { controller.abort(new Error('stop')) }, 300)

    await expect(course.run(controller.signal)).rejects.toThrow('stop')
    expect(course.open.size).toBe(0)
    await expect(new Course({ good }).run(controller.signal)).rejects.toThrow('stop')
  })
})
