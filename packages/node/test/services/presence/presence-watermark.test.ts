import { describe, expect, it } from 'vitest'
import { MAX_PRESENCE_BYTES, MAX_RUMOURS, TWIN_AFTER, TWIN_ANSWERS, WATERMARK_EVERY } from '../../../src/constants.ts'
import { encodePresence } from '../../../src/presence-message.ts'
import { LonePresence, message, news } from './fake-presence.ts'
import type { Presence } from '../../../src/presence-message.ts'

const minute = 60_000

describe('the own watermark', () => {
  it('is told with every hey-there, after a change with the next here, and then with every tenth', async () => {
    let watermark: Uint8Array | undefined
    const { clock, service, said } = new LonePresence({ ...news(), watermark: () => watermark })
    await service.start()
    await clock.advance(2 * minute)
    expect(said.every(message => message.watermark == null)).toBe(true)

    watermark = new Uint8Array([1])
    const before = said.length
    await clock.advance(30 * minute)
    watermark = new Uint8Array([2])
    await clock.advance(30 * minute)
    await service.stop()
    const told = said.slice(before).filter(({ kind }) => kind === 'here').map(message => message.watermark?.[0])
    const ones = told.slice(0, told.indexOf(2))

    expect(ones.flatMap((value, i) => value == null ? [] : [i])).toStrictEqual([0, 1, 2, 3, 4, 5].map(i => i * WATERMARK_EVERY).filter(i => i < ones.length))
    expect(told.slice(ones.length).flatMap((value, i) => value === 2 ? [i] : []).slice(0, 3)).toStrictEqual([0, WATERMARK_EVERY, 2 * WATERMARK_EVERY])
    expect(said.at(-1)).toMatchObject({ kind: 'chau' })
    expect(said.at(-1)?.watermark).toBeUndefined()
  })

  it('fits beside everything else, but for a peer record that is too long', async () => {
    const lengths: number[] = []
    const watermark = new Uint8Array(2_048)
    const world = new LonePresence({ watermark: () => watermark, name: 'x'.repeat(64), dialler: { peerRecord: async () => new Uint8Array(3_000) } })
    await world.service.start()
    lengths.push(encodePresence(world.said[0] as Presence).byteLength)

    expect(world.said[0]?.watermark).toHaveLength(2_048)
    expect(world.said[0]?.peerRecord).toBeUndefined()
    expect(lengths[0]).toBeLessThan(MAX_PRESENCE_BYTES)
  })

  it('longer than a header is malformed', () => {
    const { hear } = new LonePresence()
    expect(hear('bob', message({ watermark: new Uint8Array(2_049) }))).toBe('reject')
    expect(hear('bob', message({ watermark: new Uint8Array(2_048) }))).toBe('accept')
  })
})

describe('a message of our own', () => {
  const other = 'bb'.repeat(8)
  const ours = '00112233445566ff'
  const scene = async (): Promise<LonePresence & { twins: string[] }> => {
    const twins: string[] = []
    const lone = new LonePresence({ onTwin: boot => { twins.push(boot) } })
    await lone.service.start()

    return Object.assign(lone, { twins })
  }

  it('from another boot that names ours is a twin\'s', async () => {
    const { directory, hear, heard, twins } = await scene()
    expect(hear('alice', message({ boot: other, n: 1 }))).toBe('accept')
    expect(twins).toStrictEqual([])
    expect(hear('alice', message({ boot: other, n: 2, twin: 'cc'.repeat(8) }))).toBe('accept')
    expect(twins).toStrictEqual([])
    expect(hear('alice', message({ boot: other, n: 3, twin: ours }))).toBe('accept')
    expect(twins).toStrictEqual([other])
    // we are none of those that are known
    expect(directory.get('alice')).toBeUndefined()
    expect(heard).toStrictEqual([])
  })

  it('from another boot that goes on is none: anybody can say again what an earlier process said, at any pace', async () => {
    const { clock, hear, said, twins } = await scene()

    for (let n = 1; n < 100; n++) {
      hear('alice', message({ boot: other, n, kind: n % 2 === 1 ? 'hey-there' : 'here' }))
      await clock.advance(TWIN_AFTER)
    }

    expect(twins).toStrictEqual([])
    expect(said.filter(({ twin }) => twin === other)).toHaveLength(TWIN_ANSWERS)
  })

  it('from another boot is answered, at once and not too often, by one that names it', async () => {
    const { clock, hear, said, service } = await scene()
    const named = (): Array<string | undefined> => said.filter(({ twin }) => twin != null).map(({ twin }) => twin)
    hear('alice', message({ boot: other, n: 1, kind: 'chau' }))
    await clock.settle()
    expect(named()).toStrictEqual([])
    hear('alice', message({ boot: other, n: 2 }))
    hear('alice', message({ boot: other, n: 3 }))
    await clock.advance(1_000)
    expect(named()).toStrictEqual([other])

    for (let i = 0; i < 100; i++) {
      hear('alice', message({ boot: String(1e15 + i), n: 1 }))
    }

    await clock.advance(minute)
    expect(new Set(named()).size).toBeLessThanOrEqual(MAX_RUMOURS)
    await service.stop()
    hear('alice', message({ boot: other, n: 4 }))
    await clock.advance(minute)
    expect(said.at(-1)?.kind).toBe('chau')
  })

  it('of this very boot is nothing', async () => {
    const { clock, hear, said, twins } = await scene()
    hear('alice', message({ boot: ours, n: 100, twin: ours }))
    await clock.advance(minute)
    expect(twins).toStrictEqual([])
    expect(said.some(({ twin }) => twin != null)).toBe(false)
  })
})
