import { describe, expect, it } from 'vitest'
import { MAX_PRESENCE_BYTES, TWIN_AFTER, WATERMARK_EVERY } from '../../../src/constants.ts'
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
  it('from another boot that goes on is a twin\'s; one from before a restart that still goes round is not', async () => {
    const twins: string[] = []
    const { clock, directory, hear, heard, service } = new LonePresence({ onTwin: boot => { twins.push(boot) } })
    await service.start()
    expect(hear('alice', message({ n: 7 }))).toBe('accept')
    expect(hear('alice', message({ n: 7 }))).toBe('ignore')
    await clock.advance(TWIN_AFTER - 1)
    hear('alice', message({ n: 8 }))
    await clock.advance(minute)
    hear('alice', message({ boot: 'bb'.repeat(8), n: 3 }))
    hear('alice', message({ boot: 'bb'.repeat(8), n: 4, kind: 'chau' }))
    expect(twins).toStrictEqual([])

    await clock.advance(TWIN_AFTER)
    hear('alice', message({ boot: 'bb'.repeat(8), n: 5, kind: 'chau' }))
    expect(twins).toStrictEqual([])
    hear('alice', message({ boot: 'bb'.repeat(8), n: 6 }))
    expect(twins).toStrictEqual(['bb'.repeat(8)])
    // we are none of those that are known
    expect(directory.get('alice')).toBeUndefined()
    expect(heard).toStrictEqual([])
  })

  it('of this very boot is nothing', async () => {
    const twins: string[] = []
    const { clock, hear, service } = new LonePresence({ onTwin: boot => { twins.push(boot) } })
    await service.start()
    hear('alice', message({ boot: '00112233445566ff', n: 100 }))
    await clock.advance(minute)
    hear('alice', message({ boot: '00112233445566ff', n: 101 }))
    expect(twins).toStrictEqual([])
  })
})
