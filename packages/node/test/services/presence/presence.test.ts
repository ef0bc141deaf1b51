import { RecordEnvelope, PeerRecord } from '@libp2p/peer-record'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { seededRandom, testKey } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { HERE_INTERVAL, HERE_PER_PEER, HEY_THERE_GAP, HEY_THERE_PER_PEER, HEY_THERE_STEPS, MAX_AUDIENCE, MAX_PRESENCE_BYTES, YOUNG } from '../../../src/constants.ts'
import { decodePresence, encodePresence } from '../../../src/presence-message.ts'
import { LonePresence } from './fake-presence.ts'
import type { Presence } from '../../../src/presence-message.ts'

const repeats = HEY_THERE_STEPS.map((_, i) => HEY_THERE_STEPS.slice(0, i + 1).reduce((sum, step) => sum + step, 0))
const minute = 60_000

function message (changes: Partial<Presence> = {}): Uint8Array {
  return encodePresence({ kind: 'here', boot: 'aa'.repeat(8), n: 1, accepting: true, uptime: 10, maxBytes: 1, name: 'bob', ...changes })
}

async function signedRecord (n: number): Promise<Uint8Array> {
  const { id, privateKey } = testKey(n)

  return (await RecordEnvelope.seal(new PeerRecord({ peerId: peerIdFromString(id), multiaddrs: [multiaddr('/ip4/192.0.2.1/tcp/4001')] }), privateKey)).marshal()
}

describe('what a nara says', () => {
  it('is hey-there at its start, with its record, repeated ever more rarely, and then no more', async () => {
    const { clock, service, said, times } = new LonePresence()
    await service.start()
    await clock.advance(60 * minute)

    expect(times('hey-there')).toStrictEqual([0, ...repeats])
    expect(said.map(({ kind, peerRecord }) => [kind, peerRecord != null])).toStrictEqual(said.map(({ kind }) => [kind, kind === 'hey-there']))
  })

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

  it('is hey-there to new subscribers while it is young, once for all who come in the gap', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    await service.start()
    await clock.advance(63 * 1_000)

    const before = times('hey-there').length
    subscribe()
    await clock.advance(100)
    subscribe()
    subscribe()
    await clock.advance(50)
    subscribe()
    await clock.advance(10 * 1_000)
    // the others came too shortly before the first of them
    expect(times('hey-there').slice(before)).toStrictEqual([63_000 + HEY_THERE_GAP, 63_000 + 2 * HEY_THERE_GAP])
  })

  it('is hey-there to a new subscriber only when that listens', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    await service.start()
    await clock.advance(63 * 1_000)

    const before = times('hey-there').length
    subscribe()
    await clock.advance(HEY_THERE_GAP - 1)
    expect(times('hey-there')).toHaveLength(before)
    await clock.advance(1)
    expect(times('hey-there')).toHaveLength(before + 1)
  })

  it('is hey-there again and again to subscribers that never stop coming', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    await service.start()
    await clock.advance(63 * 1_000)
    const before = times('hey-there').length

    for (let i = 0; i < 100; i++) {
      subscribe()
      await clock.advance(100)
    }

    expect(times('hey-there').length - before).toBeGreaterThan(10_000 / HEY_THERE_GAP / 2)
    expect(times('hey-there').length - before).toBeLessThanOrEqual(10_000 / HEY_THERE_GAP)
  })

  it('is not hey-there to subscribers when it is old, has stopped, or has not started', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    subscribe()
    await clock.settle()
    expect(times('hey-there')).toStrictEqual([])

    await service.start()
    await clock.advance(YOUNG + 1)
    const before = times('hey-there').length
    subscribe()
    await clock.advance(minute)
    expect(times('hey-there')).toHaveLength(before)

    await service.stop()
    subscribe()
    await clock.advance(minute)
    expect(times('hey-there')).toHaveLength(before)
  })

  it('repeats hey-there in its time, however many come and however many are known', async () => {
    const { clock, directory, service, subscribe, times } = new LonePresence()
    await service.start()

    for (let i = 0; i < 1_000; i++) {
      directory.located(`peer ${i}`, [])
    }

    expect(HEY_THERE_PER_PEER * directory.size).toBeGreaterThan(repeats.at(-1) ?? 0)

    for (let i = 0; i < 610; i++) {
      await clock.advance(100)
      subscribe()
    }

    expect(times('hey-there')).toStrictEqual([0, ...repeats])
  })

  it('is told after a repetition to those who came right before it, once', async () => {
    const { clock, service, subscribe, times } = new LonePresence()
    await service.start()
    await clock.advance(1_000)
    await clock.advance(1_900)
    subscribe()
    await clock.advance(50)
    subscribe()
    await clock.advance(1_000)

    // repeated at 3 s, when neither need have listened yet
    expect(times('hey-there')).toStrictEqual([0, 1_000, 3_000, 3_000 + HEY_THERE_GAP])
  })

  it('is heard in a repetition by those who came a while before it', async () => {
    const { clock, service, subscribe, directory, times } = new LonePresence()
    await service.start()

    for (let i = 0; i < 20; i++) {
      directory.located(`peer ${i}`, [])
    }

    await clock.advance(1_000)
    await clock.advance(1_700)
    subscribe()
    await clock.advance(3_000)

    expect(times('hey-there')).toStrictEqual([0, 1_000, 3_000])
  })

  it('is here every half minute, ever more rarely with the peers that it knows, 20 % around that', async () => {
    for (const [next, factor] of [[0, 0.8], [0.5, 1], [1 - 2 ** -53, 1.2]] as const) {
      for (const known of [0, 30, 31, 600]) {
        const { clock, directory, service, times } = new LonePresence({ random: { next: () => next, bytes: n => new Uint8Array(n) } })

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
    const { clock, service, times } = new LonePresence({ random: seededRandom(1) })
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

describe('what a nara hears', () => {
  it('is passed on once, and remembered', async () => {
    const { clock, directory, hear, heard } = new LonePresence()

    expect(hear('bob', message())).toBe('accept')
    expect(hear('bob', message())).toBe('ignore')
    await clock.settle()

    expect(heard).toMatchObject([{ peer: 'bob', newBoot: false, presence: { kind: 'here', n: 1, name: 'bob' } }])
    expect(directory.name('bob')).toBe('bob')
  })

  it('is ignored if a later message of that boot was heard, also from before a restart', async () => {
    const { clock, hear, heard } = new LonePresence()
    const other = 'bb'.repeat(8)

    expect(hear('bob', message({ n: 5 }))).toBe('accept')
    expect(hear('bob', message({ n: 4, kind: 'chau' }))).toBe('ignore')
    expect(hear('bob', message({ n: 1, boot: other }))).toBe('accept')
    expect(hear('bob', message({ n: 5 }))).toBe('ignore')
    expect(hear('eve', message({ n: 5 }))).toBe('accept')
    await clock.settle()

    expect(heard.map(({ peer, newBoot }) => [peer, newBoot])).toStrictEqual([['bob', false], ['bob', true], ['eve', false]])
  })

  it('is rejected if it is malformed, and changes nothing', async () => {
    const { clock, directory, hear, heard } = new LonePresence()

    expect(hear('eve', Uint8Array.of(1, 2, 3))).toBe('reject')
    expect(hear('eve', new Uint8Array(5_000))).toBe('reject')
    await clock.settle()

    expect(heard).toStrictEqual([])
    expect(directory.size).toBe(0)
  })

  it('tells where its sender can be dialled, if the sender signed that', async () => {
    const { clock, directory, hear, heard } = new LonePresence()
    const [bob, eve] = [testKey(1), testKey(2)]

    expect(hear(bob.id, message({ kind: 'hey-there', peerRecord: await signedRecord(1) }))).toBe('accept')
    expect(hear(eve.id, message({ kind: 'hey-there', peerRecord: await signedRecord(1) }))).toBe('accept')
    expect(hear('dan', message({ kind: 'hey-there', peerRecord: Uint8Array.of(1, 2) }))).toBe('accept')
    await clock.runUntil(() => heard.length === 3)

    expect(directory.get(bob.id)?.addresses).toStrictEqual(['/ip4/192.0.2.1/tcp/4001'])
    expect(directory.get(eve.id)?.addresses).toStrictEqual([])
    expect(directory.get('dan')?.addresses).toStrictEqual([])
  })
})
