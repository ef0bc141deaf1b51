import { seededRandom, VirtualClock } from '@nara-stash/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { readMessage, TTL } from '../../../src/host/mdns/message.ts'
import { Talk } from '../../../src/host/mdns/talk.ts'

const second = 1_000
const minute = 60 * second
const service = '_nara-ef1d1062._udp.local'
const instance = `us.${service}`

let clock: VirtualClock
let addresses: string[]
let isMissing: boolean
let isUp: boolean
let said: Array<{ at: number, what: ReturnType<typeof readMessage> }>
let talk: Talk

beforeEach(() => {
  clock = new VirtualClock()
  addresses = ['/ip4/192.0.2.1/tcp/4001']
  isMissing = false
  isUp = true
  said = []
  talk = new Talk({
    service,
    instance,
    clock,
    random: seededRandom(1),
    addresses: () => addresses,
    isMissing: () => isMissing,
    send: async bytes => {
      said.push({ at: clock.now(), what: readMessage(bytes, service) })

      return isUp
    }
  })
})

const questions = (): number[] => said.filter(({ what }) => what?.type === 'query').map(({ at }) => at)
const answers = (): number[] => said.filter(({ what }) => what?.type === 'response').map(({ at }) => at)
const gaps = (times: number[]): number[] => times.slice(1).map((at, i) => at - times[i]!)

describe('what is said on a link', () => {
  it('is an announcement, twice, and a question, ever more rarely, up to one an hour', async () => {
    talk.start()
    await clock.advance(24 * 60 * minute)

    expect(answers()).toHaveLength(2)
    expect(gaps(answers())[0]).toBeGreaterThanOrEqual(second)
    expect(answers()[0]).toBeLessThanOrEqual(120)
    expect(questions()[0]).toBeLessThanOrEqual(120)
    gaps(questions()).slice(0, 12).forEach((gap, i) => { expect(gap).toBeCloseTo(2 ** i * second, -1) })
    expect(gaps(questions()).slice(13).every(gap => Math.round(gap) === 60 * minute)).toBe(true)
  })

  it('is announced again with other addresses, and not with the same', async () => {
    talk.start()
    await clock.advance(minute)
    talk.announce()
    await clock.advance(minute)
    expect(answers()).toHaveLength(2)

    addresses = ['/ip4/192.0.2.7/tcp/4001']
    talk.announce()
    await clock.advance(minute)
    expect(answers()).toHaveLength(4)
  })

  it('is announced until the system takes it', async () => {
    isUp = false
    talk.start()
    await clock.advance(10 * second)
    expect(answers().length).toBeLessThan(6)

    isUp = true
    await clock.advance(20 * second)
    const tried = answers().length
    await clock.advance(10 * minute)
    expect(answers()).toHaveLength(tried)
  })

  it('is no answer to a question that names us, nor two answers within a second', async () => {
    talk.start()
    await clock.advance(minute)
    said = []

    talk.onQuery({ type: 'query', known: [{ instance, ttl: TTL }] })
    await clock.advance(5 * second)
    expect(answers()).toEqual([])

    for (let i = 0; i < 30; i++) {
      talk.onQuery({ type: 'query', known: [] })
      await clock.advance(100)
    }

    await clock.advance(5 * second)
    expect(answers().length).toBeGreaterThan(1)
    expect(gaps(answers()).every(gap => gap >= second)).toBe(true)
  })

  it('asks nothing that another asks: the answers are heard by all', async () => {
    const other = `other.${service}`
    talk.start()
    talk.onInstance({ name: other, ttl: 4_500 })
    await clock.advance(500)
    said = []

    // the other's first four questions come a little before ours would
    for (const wait of [second, 2 * second, 4 * second]) {
      talk.onQuery({ type: 'query', known: [{ instance: other, ttl: TTL }, { instance, ttl: TTL }] })
      await clock.advance(wait)
    }

    expect(questions()).toEqual([])
    // and it is gone; or there is none, and somebody says so to keep us silent
    talk.onQuery({ type: 'query', known: [] })
    await clock.advance(10 * second)
    expect(questions()).toHaveLength(1)
  })

  it('asks all the same if another asks for fewer, for itself alone, or is our own echo', async () => {
    const other = `other.${service}`
    const stranger = `stranger.${service}`
    talk.start()
    talk.onInstance({ name: other, ttl: 4_500 })
    await clock.advance(500)
    said = []

    for (let i = 0; i < 40; i++) {
      talk.onQuery({ type: 'query', known: [{ instance: other, ttl: TTL }, { instance: stranger, ttl: TTL }] })
      talk.onQuery({ type: 'query', known: [], isUnicast: true })
      talk.onQuery({ type: 'query', known: [{ instance, ttl: TTL }] })
      await clock.advance(100)
    }

    expect(questions()).toHaveLength(2)
  })

  it('asks for those who are known before they are forgotten, and then no more', async () => {
    talk.start()
    await clock.advance(60 * minute)
    said = []
    talk.onInstance({ name: `other.${service}`, ttl: 120 })
    expect(talk.isKnown(`other.${service}`)).toBe(true)
    await clock.advance(95 * second)
    expect(questions()).toEqual([])
    await clock.advance(5 * second)
    expect(questions()).toHaveLength(1)

    await clock.advance(30 * second)
    expect(talk.isKnown(`other.${service}`)).toBe(false)
  })

  it('asks no oftener for those who say that they live for a second', async () => {
    talk.start()
    await clock.advance(60 * minute)
    said = []

    for (let i = 0; i < 600; i++) {
      talk.onInstance({ name: `${i}.${service}`, ttl: 1 })
      await clock.advance(100)
    }

    expect(questions().length).toBeLessThanOrEqual(7)
  })

  it('asks every two minutes while somebody is missing', async () => {
    talk.start()
    await clock.advance(5 * 60 * minute)
    said = []
    isMissing = true
    talk.ask()
    await clock.advance(60 * minute)

    expect(Math.max(...gaps(questions()))).toBeLessThanOrEqual(2 * minute)
  })

  it('names those who are known, ourselves first, until half of their life is over', async () => {
    talk.start()
    talk.onInstance({ name: `other.${service}`, ttl: 120 })
    await clock.advance(200)
    expect(said.find(({ what }) => what?.type === 'query')?.what).toEqual({
      type: 'query', known: [{ instance, ttl: TTL }, { instance: `other.${service}`, ttl: 120 }]
    })

    await clock.advance(70 * second)
    expect(said.findLast(({ what }) => what?.type === 'query')?.what).toEqual({ type: 'query', known: [{ instance, ttl: TTL }] })
  })

  it('ends with a goodbye', async () => {
    talk.start()
    await clock.advance(5 * second)
    await talk.stop()
    await clock.advance(60 * minute)

    expect(said.at(-1)?.what).toEqual({ type: 'response', instances: [{ name: instance, ttl: 0, addresses: [] }] })
  })

  it('that never comes back to ourselves is trouble', async () => {
    talk.start()
    await clock.advance(5 * second)
    expect(talk.problem).toContain('firewall')

    talk.onEcho()
    expect(talk.problem).toBeUndefined()
  })
})
