import { seededRandom } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { HERE_INTERVAL, HERE_PER_PEER, HERE_UNCHANGED, HEY_THERE_GAP, HEY_THERE_PER_PEER, MAX_AUDIENCE, MAX_PRESENCE_BYTES } from '../../../src/constants.ts'
import { decodePresence } from '../../../src/presence-message.ts'
import { LonePresence, message, news } from './fake-presence.ts'
import type { StashState } from '../../../src/api.ts'

const minute = 60_000

describe('what a nara says', () => {
  it('has a count that grows by one with each message, and what it knows of itself', async () => {
    let accepting = true
    const { clock, service, said } = new LonePresence({ accepting: () => accepting, state: () => 'settled' })
    await service.start()
    await clock.advance(10 * minute)
    accepting = false
    await service.stop()

    expect(said.map(({ n }) => n)).toStrictEqual(said.map((_, i) => i + 1))
    expect(said[0]).toMatchObject({ kind: 'hey-there', boot: '00112233445566ff', state: 'settled', accepting: true, uptime: 0, memory: 'medium', maxBytes: 1_048_576, name: 'alice' })
    expect(said.at(-1)).toMatchObject({ kind: 'chau', accepting: false, uptime: 600, at: 10 * minute })
  })

  it('is here every four minutes while it has nothing new to say, and nobody new to say it to', async () => {
    let accepting = true
    let watermark: Uint8Array | undefined
    const { clock, hear, said, service, subscribe, times } = new LonePresence({ accepting: () => accepting, watermark: () => watermark })
    await service.start()
    await clock.advance(60 * minute)
    expect(times('here').map(at => at - times('here')[0]!).slice(0, 4)).toStrictEqual([0, 1, 2, 3].map(i => i * HERE_UNCHANGED))

    const soon = async (change: () => void): Promise<void> => {
      // right after a HERE
      const before = said.length
      await clock.advance(HERE_UNCHANGED)
      expect(said).toHaveLength(before + 1)
      change()
      await clock.advance(HERE_INTERVAL)
      expect(said).toHaveLength(before + 2)
    }

    await soon(() => { accepting = false })
    await soon(() => { watermark = new Uint8Array([1]) })
    await soon(() => { subscribe() })
    await soon(() => { hear('bob', message({ n: 1 })) })
    await soon(() => { hear('bob', message({ n: 2, kind: 'hey-there' })) })
    await soon(() => { hear('bob', message({ n: 1, boot: 'bb'.repeat(8) })) })

    // who is known and says the same is no reason to speak
    const before = said.length
    await clock.advance(HERE_INTERVAL)
    hear('bob', message({ n: 2, boot: 'bb'.repeat(8) }))
    await clock.advance(2 * HERE_INTERVAL)
    expect(said).toHaveLength(before)
  })

  it('is here every half minute if it has news, ever more rarely with the peers that it knows, 20 % around that', async () => {
    for (const [next, factor] of [[0, 0.8], [0.5, 1], [1 - 2 ** -53, 1.2]] as const) {
      for (const known of [0, 30, 31, 600]) {
        const { clock, directory, service, times } = new LonePresence({ ...news(), random: { next: () => next, bytes: n => new Uint8Array(n) } })

        for (let i = 0; i < known; i++) {
          directory.located(`peer ${i}`, [])
        }

        await service.start()
        const interval = Math.max(HERE_INTERVAL, Math.min(known, MAX_AUDIENCE) * HERE_PER_PEER) * factor
        await clock.advance(interval * 2.5)

        expect(times('here').map(at => Math.round(at))).toStrictEqual([1, 2].map(i => Math.round(i * interval)))
      }
    }
  })

  it('is here at other times than all others', async () => {
    const { clock, service, times } = new LonePresence({ ...news(), random: seededRandom(1) })
    await service.start()
    await clock.advance(60 * minute)

    const at = [0, ...times('here')]
    const intervals = at.slice(1).map((time, i) => time - (at[i] ?? 0))

    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(0.8 * HERE_INTERVAL)
    expect(Math.max(...intervals)).toBeLessThanOrEqual(1.2 * HERE_INTERVAL)
    expect(new Set(intervals.map(Math.round)).size).toBeGreaterThan(intervals.length / 2)
  })

  it('is chau when it stops, once, and nothing after it', async () => {
    const { clock, service, said, times } = new LonePresence()
    await service.start()
    await clock.advance(minute)
    await service.stop()
    await service.stop()
    const count = said.length
    await clock.advance(60 * minute)

    expect(times('chau')).toStrictEqual([minute])
    expect(said).toHaveLength(count)
    expect(clock.pending).toBe(0)
  })

  it('is a changed state soon, and once however often it changes, and nothing of that after chau', async () => {
    let state: StashState = 'searching'
    const { clock, directory, service, said } = new LonePresence({ state: () => state })
    const become = (...states: StashState[]): void => { states.forEach(next => { state = next; service.changed() }) }
    await service.start()
    become('recovering', 'settled')
    await clock.advance(HEY_THERE_GAP)
    expect(said.slice(1)).toMatchObject([{ kind: 'here', state: 'settled', at: HEY_THERE_GAP }])

    // with nothing said for long it is told at once, and a change that was taken back is none
    await clock.advance(10 * minute + 1)
    const before = said.length
    become('doubtful')
    await clock.advance(1)
    become('settled', 'doubtful')
    await clock.advance(HEY_THERE_GAP)
    expect(said.slice(before)).toMatchObject([{ kind: 'here', state: 'doubtful', at: clock.now() - HEY_THERE_GAP - 1 }])

    // with many peers it is told more rarely
    for (let i = 0; i < 100; i++) {
      directory.located(`peer ${i}`, [])
    }

    become('empty')
    await clock.advance(100 * HEY_THERE_PER_PEER - HEY_THERE_GAP - 3)
    expect(said.slice(before)).toHaveLength(1)
    await clock.advance(3)
    expect(said.slice(before)).toMatchObject([{}, { state: 'empty' }])

    become('settled')
    await service.stop()
    await clock.advance(minute)
    expect(said.slice(before)).toMatchObject([{}, {}, { kind: 'chau', state: 'settled' }])
    expect(clock.pending).toBe(0)
  })

  it('is here at once, with its record, when it is at other addresses, and nothing of that after chau', async () => {
    const { clock, service, said } = new LonePresence(news())
    await service.start()
    await clock.advance(10 * minute + 1)
    const count = said.length
    service.moved()
    await clock.settle()

    expect(said.slice(count)).toMatchObject([{ kind: 'here', at: 10 * minute + 1, peerRecord: expect.any(Uint8Array) }])
    await clock.advance(HERE_INTERVAL)
    expect(said.slice(count + 1).map(({ peerRecord, at }) => [peerRecord, at])).toEqual([[undefined, 10 * minute + 1 + HERE_INTERVAL]])

    await service.stop()
    service.moved()
    await clock.settle()
    expect(said.at(-1)?.kind).toBe('chau')
  })

  it('is nothing after chau, even if its record was still being signed', async () => {
    let signed: () => void = () => {}
    const { clock, service, said } = new LonePresence({
      dialler: { peerRecord: async () => await new Promise(resolve => { signed = () => { resolve(undefined) } }) }
    })
    const starting = service.start()
    await service.stop()
    signed()
    await starting
    await clock.advance(60 * minute)

    expect(said.map(({ kind }) => kind)).toStrictEqual(['chau'])
    expect(clock.pending).toBe(0)
  })

  it('goes on counting when it starts once more', async () => {
    const { service, said } = new LonePresence()
    await service.start()
    await service.stop()
    await service.start()
    await service.stop()

    expect(said.map(({ kind, n }) => [kind, n])).toStrictEqual([['hey-there', 1], ['chau', 2], ['hey-there', 3], ['chau', 4]])
  })

  it('is here as often as before after a stop and a start, also if these came while it was being said', async () => {
    const release: Array<() => void> = []
    const times: number[] = []
    const lone: LonePresence = new LonePresence({
      ...news(),
      port: {
        announce: async bytes => {
          if (decodePresence(bytes).kind === 'here') {
            times.push(lone.clock.now())
            await new Promise<void>(resolve => { release.push(resolve) })
          }
        },
        onPresence: () => {},
        onSubscriber: () => {}
      }
    })

    await lone.service.start()
    await lone.clock.advance(HERE_INTERVAL)
    expect(times).toHaveLength(1)
    await lone.service.stop()
    await lone.service.start()

    for (let i = 0; i < 10; i++) {
      release.splice(0).forEach(resolve => { resolve() })
      await lone.clock.advance(HERE_INTERVAL)
    }

    expect(times).toHaveLength(11)
    await lone.service.stop()
    expect(lone.clock.pending).toBe(0)
  })

  it('leaves out a peer record with which it would be longer than anybody takes', async () => {
    const { service, said } = new LonePresence({ dialler: { peerRecord: async () => new Uint8Array(MAX_PRESENCE_BYTES) } })
    await service.start()

    expect(said).toMatchObject([{ kind: 'hey-there', name: 'alice' }])
    expect(said[0]).not.toHaveProperty('peerRecord')
  })

  it('has no state if it only holds for others', async () => {
    const { service, said } = new LonePresence({ state: () => undefined })
    await service.start()

    expect(said[0]).not.toHaveProperty('state')
  })
})
