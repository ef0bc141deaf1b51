import { soulFromSeed } from '@nara-stash/crypto'
import { NewestTable, openHeader, order } from '@nara-stash/protocol'
import { seededRandom } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { MAX_SET_ASIDE } from '../../../src/constants.ts'
import { peerIdOf } from '../../../src/identity.ts'
import { OwnStash } from '../../../src/services/owner/own-stash.ts'
import type { Version } from '../../../src/services/owner/own-stash.ts'

const soul = soulFromSeed(new Uint8Array(32).fill(7), 'alice')
const owner = peerIdOf(soul)
const now = 1_700_000_000_000
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A process of the owner's. */
function boot (seed: number): OwnStash & { newest: NewestTable } {
  const newest = new NewestTable()

  return Object.assign(new OwnStash({ soul, owner, random: seededRandom(seed), newest }), { newest })
}

describe('a version', () => {
  it('is sealed as the owner\'s record, which it opens', async () => {
    const own = boot(1)
    const version = await own.seal(bytes('hello'), now)

    expect(own.current).toBe(version)
    expect(version).toMatchObject({ data: bytes('hello'), createdAt: now })
    expect(version.record).toMatchObject({ owner, boot: own.boot, seq: 1, past: [], kind: 'data', bodyLength: version.body.byteLength })
    await expect(openHeader(version.record.envelope)).resolves.toStrictEqual(version.record)
    expect(boot(2).open(version.record, version.body)).toStrictEqual(version)
    expect(own.newest.get(owner)).toBe(version.record)
  })

  it('may be empty', async () => {
    const own = boot(1)
    const { record, body } = await own.seal(new Uint8Array(0), now)

    expect(own.open(record, body).data).toStrictEqual(new Uint8Array(0))
  })

  it('is sealed whatever the machine\'s clock says', async () => {
    for (const [wall, createdAt] of [[-5_000, 0], [0, 0], [0.4, 0], [1.6, 2]] as const) {
      const own = boot(1)
      const { record, body } = await own.seal(bytes('x'), wall)

      expect(own.open(record, body).createdAt).toBe(createdAt)
      expect(record.seq).toBe(1)
    }
  })

  it('builds on the one before', async () => {
    const own = boot(1)
    const first = await own.seal(bytes('1'), now)
    const second = await own.seal(bytes('2'), now)

    expect(order(second.record, first.record)).toBe('supersedes')
    expect(own.current).toBe(second)
  })

  it('covers what it was decided to build on, though more boots came since than its past has room for', async () => {
    const old = await boot(1).seal(bytes('old'), now)
    let before: Version | undefined

    for (let n = 0; n < 70; n++) {
      const own = boot(2 + n)

      if (before != null) {
        own.adopt(before)
      }

      before = await own.seal(bytes(String(n)), now)
    }

    const own = boot(100)
    own.adopt(before as Version)
    own.buildOn(old.record)
    await own.seal(bytes('decided'), now)

    expect(own.covers(old.record)).toBe(true)
    await own.seal(bytes('next'), now)
    expect(own.isDecided(old.record)).toBe(true)
  })

  it('has a seq that no other has, also when two are sealed at once, and the later one stays', async () => {
    const own = boot(1)
    const versions = await Promise.all(['1', '2', '3'].map(text => own.seal(bytes(text), now)))

    expect(versions.map(({ record: { seq }, data }) => [seq, new TextDecoder().decode(data)])).toStrictEqual([[1, '1'], [2, '2'], [3, '3']])
    expect(own.current).toBe(versions[2])
  })
})

describe('what was found', () => {
  it('is built on by the next version, once adopted', async () => {
    const before = await boot(1).seal(bytes('before'), now)
    const own = boot(2)
    own.adopt(before)
    expect(own.current).toBe(before)
    expect(own.covers(before.record)).toBe(true)

    const next = await own.seal(bytes('next'), now)
    expect(next.record.seq).toBe(2)
    expect(order(next.record, before.record)).toBe('supersedes')
  })

  it('is above nothing that was merely seen', async () => {
    const seen = await boot(1).seal(bytes('seen'), now)
    const own = boot(2)
    own.note(seen.record)
    expect(own.covers(seen.record)).toBe(false)

    const next = await own.seal(bytes('next'), now)
    expect(next.record.seq).toBe(2)
    expect(order(next.record, seen.record)).toBe('conflict')
  })

  it('is built on beside the current version if that was decided, and from then on', async () => {
    const [left, right] = [await boot(1).seal(bytes('left'), now), await boot(2).seal(bytes('right'), now)]
    const own = boot(3)
    own.adopt(left)
    expect(own.covers(right.record)).toBe(false)

    own.buildOn(right.record)
    expect(own.covers(right.record)).toBe(true)
    expect(own.current).toBe(left)

    for (const text of ['merge', 'later']) {
      const { record } = await own.seal(bytes(text), now)

      expect([left, right].map(other => order(record, other.record))).toStrictEqual(['supersedes', 'supersedes'])
      expect(own.covers(right.record)).toBe(true)
    }
  })

  it('and comes to be known while a version is sealed is built on by the one after it', async () => {
    const stranger = await boot(1).seal(bytes('stranger'), now)
    const own = boot(2)
    const sealing = own.seal(bytes('1'), now)
    own.buildOn(stranger.record)
    const first = await sealing
    expect(order(first.record, stranger.record)).toBe('conflict')
    expect(own.covers(stranger.record)).toBe(true)

    const second = await own.seal(bytes('2'), now)
    expect([first, stranger].map(({ record }) => order(second.record, record))).toStrictEqual(['supersedes', 'supersedes'])
  })

  it('stays the current one if it is later than what was being sealed', async () => {
    const other = boot(1)
    await other.seal(bytes('1'), now)
    const found = await other.seal(bytes('2'), now)
    const own = boot(2)
    const sealing = own.seal(bytes('unaware'), now)
    own.adopt(found)
    const { record } = await sealing

    expect(record.seq).toBe(1)
    expect(own.current).toBe(found)
  })

  it('opens with our soul only, and as this very record', async () => {
    const { record, body } = await boot(1).seal(bytes('mine'), now)
    const stranger = soulFromSeed(new Uint8Array(32).fill(8), 'alice')
    const other = new OwnStash({ soul: stranger, owner: peerIdOf(stranger), random: seededRandom(1), newest: new NewestTable() })
    const wrongKey = expect.objectContaining({ name: 'WrongKeyError' }) as Error

    expect(() => other.open(record, body)).toThrow(wrongKey)
    expect(() => boot(2).open({ ...record, seq: 2 }, body)).toThrow(wrongKey)
  })
})

describe('after clear', () => {
  it('nothing is known but the highest seq', async () => {
    const own = boot(1)
    const first = await own.seal(bytes('1'), now)
    own.buildOn((await boot(2).seal(bytes('x'), now)).record)
    own.clear()
    expect(own.current).toBeUndefined()
    expect(own.covers(first.record)).toBe(false)

    const next = await own.seal(bytes('2'), now)
    expect(next.record).toMatchObject({ seq: 2, past: [] })
    expect(order(next.record, first.record)).toBe('conflict')
  })
})

describe('what is set aside', () => {
  it('is kept, the latest first, a few', () => {
    const own = boot(1)

    for (let i = 0; i < MAX_SET_ASIDE + 3; i++) {
      own.putAside({ id: `${i}`, data: bytes(`${i}`), timestamp: i })
    }

    expect(own.setAside.map(({ timestamp }) => timestamp)).toStrictEqual(Array.from({ length: MAX_SET_ASIDE }, (_, i) => MAX_SET_ASIDE + 2 - i))
  })
})
