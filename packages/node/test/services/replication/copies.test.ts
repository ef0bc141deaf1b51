import { RETRY_AFTER, STORES_PER_SECOND } from '@nara-stash/protocol'
import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { FAILED_AFTER, FAILED_AWAY, STORE_BACKOFF } from '../../../src/constants.ts'
import { unaudited } from '../../../src/policy/audit.ts'
import { Copies } from '../../../src/services/replication/copies.ts'
import type { NetworkPeer } from '@nara-stash/protocol'

function peer (id: string, address?: string): NetworkPeer {
  return { id, connection: 'c', since: 0, ...(address == null ? {} : { address }) }
}

/** Watches `a`, connected, and `b`, away. */
async function watching (): Promise<{ clock: VirtualClock, copies: Copies }> {
  const clock = new VirtualClock()
  const copies = new Copies(clock)
  await clock.advance(1_000)
  copies.watch('a', peer('a', '192.0.2.1'))
  copies.watch('b', undefined)

  return { clock, copies }
}

describe('watching', () => {
  it('starts with what the network says', async () => {
    const { clock, copies } = await watching()
    const fresh = { failures: 0, refused: false, busy: false, notBefore: 0, since: clock.wallTime() }

    expect(copies.views()).toStrictEqual([
      { ...fresh, peer: 'a', connected: true, address: '192.0.2.1' },
      { ...fresh, peer: 'b', connected: false, awaySince: 1_000 }
    ])
  })

  it('starts once', async () => {
    const { clock, copies } = await watching()
    copies.acknowledged('a', 'record', 'placement')
    await clock.advance(5_000)
    copies.watch('a', undefined)

    expect(copies.get('a')).toMatchObject({ connected: true, record: 'record', since: 1_700_000_001_000 })
  })

  it('says nothing of others', async () => {
    const { copies } = await watching()
    copies.connected(peer('x'))
    copies.disconnected('x')
    copies.acknowledged('x', 'record', 'placement')
    copies.refused('x', 'at capacity', 1)
    copies.failed('x', 'timeout')

    expect(copies.end('x', copies.begin('x'))).toBe(false)
    expect(copies.get('x')).toBeUndefined()
    expect(copies.views()).toHaveLength(2)
  })
})

describe('what a peer acknowledged', () => {
  it('is known until its connection ends: it may have lost its memory', async () => {
    const { clock, copies } = await watching()
    copies.acknowledged('a', 'record', 'placement')
    expect(copies.get('a')).toMatchObject({ record: 'record', placement: 'placement' })

    await clock.advance(1_000)
    copies.disconnected('a')
    expect(copies.get('a')).toMatchObject({ connected: false, awaySince: 2_000, address: '192.0.2.1', why: 'unreachable' })
    expect(copies.get('a')).not.toHaveProperty('record')

    copies.connected(peer('a', '192.0.2.9'))
    expect(copies.get('a')).toStrictEqual({ peer: 'a', connected: true, address: '192.0.2.9', failures: 0, refused: false, busy: false, notBefore: 0, since: 1_700_000_001_000 })
  })

  it('is forgotten as well when it comes back behind its old connection', async () => {
    const { copies } = await watching()
    copies.acknowledged('a', 'record', 'placement')
    copies.connected(peer('a'))

    expect(copies.get('a')).not.toHaveProperty('record')
  })
})

describe('a store', () => {
  it('keeps its peer busy until it ends', async () => {
    const { copies } = await watching()
    const signal = copies.begin('a')

    expect(copies.get('a')?.busy).toBe(true)
    expect(signal.aborted).toBe(false)
    expect(copies.end('a', signal)).toBe(true)
    expect(copies.get('a')?.busy).toBe(false)
    expect(copies.end('a', signal)).toBe(false)
  })

  it.each([
    ['its peer leaves', (copies: Copies) => { copies.disconnected('a') }],
    ['its peer comes back', (copies: Copies) => { copies.connected(peer('a')) }],
    ['there is another record', (copies: Copies) => { copies.newRecord() }],
    ['its peer is no holder any longer', (copies: Copies) => { copies.keepOnly([]) }],
    ['all is forgotten', (copies: Copies) => { copies.clear() }]
  ])('is aborted, and has no say, when %s', async (_, happen) => {
    const { copies } = await watching()
    copies.failed('a', 'timeout')
    const signal = copies.begin('a')
    happen(copies)

    expect(signal.aborted).toBe(true)
    expect(copies.get('a')?.busy ?? false).toBe(false)
    expect(copies.end('a', signal)).toBe(false)
  })

  it('has no say over the one that took its place', async () => {
    const { copies } = await watching()
    const before = copies.begin('a')
    copies.newRecord()
    const after = copies.begin('a')

    expect(copies.end('a', before)).toBe(false)
    expect(copies.get('a')?.busy).toBe(true)
    expect(copies.end('a', after)).toBe(true)
  })
})

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

describe('what challenges showed', () => {
  const audit = unaudited(7)

  it.each(['not-found', 'wrong', 'older'] as const)('takes back what was acknowledged: %s', async last => {
    const { copies } = await watching()
    copies.acknowledged('a', 'record', 'placement')
    copies.promised('a')
    copies.audited('a', { ...audit, last })

    expect(copies.get('a')).toMatchObject({ audit: { last } })
    expect(copies.get('a')).not.toHaveProperty('record')
    expect(copies.get('a')).not.toHaveProperty('promisedAt')
  })

  it.each(['proved', 'timeout', 'busy'] as const)('does not otherwise: %s', async last => {
    const { copies } = await watching()
    copies.acknowledged('a', 'record', 'placement')
    copies.audited('a', { ...audit, last })

    expect(copies.get('a')).toMatchObject({ record: 'record' })
  })

  it('shows in its state', async () => {
    const { copies } = await watching()
    copies.acknowledged('a', 'record', 'placement')

    for (const verdict of ['trusted', 'suspect', 'failed'] as const) {
      copies.audited('a', { ...audit, verdict })
      expect(copies.state('a', 'record', FAILED_AFTER)).toBe(verdict)
    }
  })

  it('is due as before when it comes back', async () => {
    const { copies } = await watching()
    copies.audited('a', { ...audit, verdict: 'failed' })
    copies.connected(peer('a'))

    expect(copies.get('a')?.audit).toStrictEqual(audit)
  })

  it('is not forgotten when it is dropped and chosen once more: it has to prove first, and waits longer each time', async () => {
    const { clock, copies } = await watching()
    const waits: number[] = []

    for (let i = 0; i < 3; i++) {
      copies.audited('a', { ...audit, verdict: 'failed', last: 'not-found' })
      copies.keepOnly([])
      waits.push((copies.get('a')?.notBefore ?? 0) - clock.now())
      await clock.advance(FAILED_AWAY)
      copies.watch('a', peer('a'))
      expect(copies.get('a')?.audit).toStrictEqual({ ...unaudited(clock.now()), verdict: 'suspect' })
      copies.acknowledged('a', 'record', 'placement')
    }

    expect(waits).toStrictEqual([1, 2, 4].map(minutes => minutes * 60_000))
  })
})

describe('a peer that leaves', () => {
  it('is suspect, is sent nothing more, and is well when it comes back', async () => {
    const { clock, copies } = await watching()
    copies.acknowledged('a', 'record', 'placement')
    const signal = copies.begin('a')
    copies.leaves('a')

    expect(signal.aborted).toBe(true)
    expect(copies.state('a', 'record', FAILED_AFTER)).toBe('suspect')
    expect(copies.get('a')).toMatchObject({ leaving: true, notBefore: clock.now() + FAILED_AWAY, record: 'record' })
    copies.disconnected('a')
    copies.connected(peer('a'))
    expect(copies.get('a')).toMatchObject({ notBefore: 0 })
    expect(copies.get('a')).not.toHaveProperty('leaving')
  })
})

describe('failures', () => {
  it('are those of holders that lack the record, and of others while they are not asked', async () => {
    const { clock, copies } = await watching()
    copies.watch('c', peer('c'))
    copies.watch('d', peer('d'))
    copies.disconnected('b')
    copies.acknowledged('c', 'record', 'placement')
    copies.refused('a', 'at capacity', 60_000)
    copies.failed('d', 'conflict')

    expect(copies.failures(['b', 'c', 'd'], 'record')).toStrictEqual([{ peer: 'a', why: 'at capacity' }, { peer: 'b', why: 'unreachable' }, { peer: 'd', why: 'conflict' }])

    await clock.advance(60_000)
    expect(copies.failures(['b', 'c'], 'record')).toStrictEqual([{ peer: 'b', why: 'unreachable' }])
  })
})

describe('the state of a confidant', () => {
  it('is what is known of it', async () => {
    const { copies } = await watching()
    const state = (id: string, record?: string): string => copies.state(id, record, FAILED_AFTER)

    expect([state('x', 'record'), state('a', 'record'), state('a'), state('b', 'record')]).toStrictEqual(['pending', 'pending', 'pending', 'suspect'])

    copies.acknowledged('a', 'record', 'placement')
    expect([state('a', 'record'), state('a', 'another'), state('a')]).toStrictEqual(['trusted', 'pending', 'pending'])
  })
})
