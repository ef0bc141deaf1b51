import { RETRY_AFTER, STORES_PER_SECOND } from '@nara-stash/protocol'
import { describe, expect, it } from 'vitest'
import { FAILED_AFTER, FAILED_AWAY, STORE_BACKOFF } from '../../../src/constants.ts'
import { watching } from './watched.ts'

describe('a peer that fails', () => {
  it('is tried again ever later, and counts as failed after two', async () => {
    const { clock, copies } = await watching()

    for (const [i, wait] of [...STORE_BACKOFF, STORE_BACKOFF.at(-1) ?? 0].entries()) {
      copies.failed('a', 'timeout')

      expect(copies.get('a')).toMatchObject({ failures: i + 1, why: 'timeout', notBefore: clock.now() + wait })
      expect(copies.state('a', 'record', FAILED_AFTER)).toBe(i + 1 < FAILED_AFTER ? 'suspect' : 'failed')
      await clock.advance(wait)
    }

    copies.acknowledged('a', 'record', 'placement')
    expect(copies.get('a')).toMatchObject({ failures: 0, notBefore: 0 })
    expect(copies.get('a')).not.toHaveProperty('why')
    expect(copies.state('a', 'record', FAILED_AFTER)).toBe('trusted')
  })

  it('that refuses is asked when it said', async () => {
    const { clock, copies } = await watching()
    copies.refused('a', 'at capacity', 60_000)

    expect(copies.get('a')).toMatchObject({ refused: true, why: 'at capacity', notBefore: clock.now() + 60_000, failures: 0 })
    expect(copies.state('a', 'record', FAILED_AFTER)).toBe('failed')
  })

  it('cannot make us ask without pause', async () => {
    const { clock, copies } = await watching()
    copies.refused('a', 'at capacity', 0)
    expect(copies.get('a')?.notBefore).toBe(clock.now() + STORE_BACKOFF[0])

    copies.refused('a', 'rate limited', 0)
    expect(copies.get('a')?.notBefore).toBe(clock.now() + 1_000 / STORES_PER_SECOND)
  })

  it('may ask to be asked less often, not to be left alone for minutes', async () => {
    const { clock, copies } = await watching()
    copies.refused('a', 'rate limited', RETRY_AFTER)
    expect(copies.get('a')?.refused).toBe(false)

    await clock.advance(1)
    copies.refused('a', 'rate limited', RETRY_AFTER)
    expect(copies.get('a')?.refused).toBe(true)

    copies.acknowledged('a', 'record', 'placement')
    copies.refused('a', 'rate limited', RETRY_AFTER)
    expect(copies.get('a')?.refused).toBe(false)

    copies.refused('a', 'rate limited', RETRY_AFTER + 1)
    expect(copies.get('a')?.refused).toBe(true)
  })

  it('is asked again within ten minutes, for however long it wishes to be left alone', async () => {
    const { clock, copies } = await watching()
    copies.refused('a', 'draining', 2 ** 32 - 1)

    expect(copies.get('a')?.notBefore).toBe(clock.now() + FAILED_AWAY)
  })

  it('for the size of a record may like the next one', async () => {
    for (const why of ['too large', 'over quota'] as const) {
      const { copies } = await watching()
      copies.refused('a', why, 60_000)
      copies.newRecord()

      expect(copies.get('a')).toMatchObject({ refused: false, notBefore: 0 })
      expect(copies.failures(['a'], 'record')).toStrictEqual([])
    }
  })

  it('for other reasons has them still', async () => {
    for (const why of ['at capacity', 'not trusted', 'draining'] as const) {
      const { clock, copies } = await watching()
      copies.refused('a', why, 60_000)
      copies.newRecord()

      expect(copies.get('a')).toMatchObject({ refused: true, notBefore: clock.now() + 60_000, why })
    }
  })
})
