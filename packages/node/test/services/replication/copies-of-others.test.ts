import { RETRY_AFTER } from '@nara-stash/protocol'
import { describe, expect, it } from 'vitest'
import { FAILED_AWAY } from '../../../src/constants.ts'
import { peer, watching } from './watched.ts'
import type { Copies } from '../../../src/services/replication/copies.ts'

describe('a peer that is no holder any longer', () => {
  it('is forgotten if it has nothing, or is away', async () => {
    const { copies } = await watching()
    copies.keepOnly([])

    expect(copies.views()).toStrictEqual([])
  })

  it('is remembered while it is connected if it has a copy, and is as it was if it is chosen again', async () => {
    const { copies } = await watching()
    copies.acknowledged('a', 'record', 'placement')
    const before = { ...copies.get('a') }
    copies.keepOnly([])
    expect(copies.get('a')).toMatchObject({ record: 'record', notBefore: 0 })

    copies.watch('a', peer('a'))
    expect(copies.get('a')).toStrictEqual(before)

    copies.keepOnly([])
    copies.lost('a')
    expect(copies.get('a')).toBeUndefined()
  })

  it('is remembered no longer than its connection', async () => {
    for (const end of [(copies: Copies) => { copies.disconnected('a') }, (copies: Copies) => { copies.connected(peer('a')) }]) {
      const { copies } = await watching()
      copies.acknowledged('a', 'record', 'placement')
      copies.keepOnly([])
      end(copies)

      expect(copies.get('a')).toBeUndefined()
    }
  })

  it('is remembered while it is connected if it failed, and not asked for a while', async () => {
    const { clock, copies } = await watching()
    copies.failed('a', 'timeout')
    copies.keepOnly(['b'])
    expect(copies.get('a')?.notBefore).toBe(clock.now() + RETRY_AFTER)

    await clock.advance(10 * RETRY_AFTER)
    copies.keepOnly(['b'])
    expect(copies.get('a')?.notBefore).toBeGreaterThan(0)

    copies.disconnected('a')
    expect(copies.get('a')).toBeUndefined()
  })

  it('starts afresh if it is chosen when its time is over, and only then', async () => {
    const { clock, copies } = await watching()
    copies.refused('a', 'at capacity', 5_000)
    copies.keepOnly([])
    copies.watch('a', peer('a'))
    expect(copies.get('a')).toMatchObject({ refused: true })

    copies.keepOnly([])
    await clock.advance(FAILED_AWAY)
    copies.watch('a', peer('a'))
    expect(copies.get('a')).toMatchObject({ refused: false, failures: 0, notBefore: 0 })
  })

  it('waits twice as long each time, ten minutes at most, until it holds something', async () => {
    const { clock, copies } = await watching()
    const waits: number[] = []
    const drop = async (): Promise<void> => {
      copies.failed('a', 'timeout')
      copies.keepOnly([])
      waits.push((copies.get('a')?.notBefore ?? 0) - clock.now())
      await clock.advance(FAILED_AWAY)
      copies.watch('a', peer('a'))
    }

    for (let i = 0; i < 6; i++) {
      await drop()
    }

    expect(waits.splice(0)).toStrictEqual([1, 2, 4, 8, 10, 10].map(minutes => minutes * 60_000))

    copies.acknowledged('a', 'record', 'placement')
    await drop()
    expect(waits).toStrictEqual([60_000])
  })
})

describe('a peer that was never a holder', () => {
  it('is remembered if it says that it has a copy, while it is connected', async () => {
    const { copies } = await watching()
    copies.found(peer('x', '192.0.2.7'), 'record', 'placement')
    expect(copies.get('x')).toMatchObject({ connected: true, record: 'record', placement: 'placement', address: '192.0.2.7' })

    copies.keepOnly([])
    expect(copies.get('x')).toMatchObject({ record: 'record' })
    copies.disconnected('x')
    expect(copies.get('x')).toBeUndefined()
  })
})
