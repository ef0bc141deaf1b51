import { describe, expect, it } from 'vitest'
import { FAILED_AFTER, FAILED_AWAY } from '../../../src/constants.ts'
import { unaudited } from '../../../src/policy/audit.ts'
import { peer, watching } from './watched.ts'
import type { Copies } from '../../../src/services/replication/copies.ts'

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

    expect(copies.end('x', copies.begin('x', 'r'), true)).toBe(false)
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
    const signal = copies.begin('a', 'r')

    expect(copies.get('a')?.busy).toBe(true)
    expect(signal.aborted).toBe(false)
    expect(copies.end('a', signal, true)).toBe(true)
    expect(copies.get('a')?.busy).toBe(false)
    expect(copies.end('a', signal, true)).toBe(false)
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
    const signal = copies.begin('a', 'r')
    happen(copies)

    expect(signal.aborted).toBe(true)
    expect(copies.get('a')?.busy ?? false).toBe(false)
    expect(copies.end('a', signal, true)).toBe(false)
  })

  it('has no say over the one that took its place', async () => {
    const { copies } = await watching()
    const before = copies.begin('a', 'r')
    copies.newRecord()
    const after = copies.begin('a', 'r')

    expect(copies.end('a', before, true)).toBe(false)
    expect(copies.get('a')?.busy).toBe(true)
    expect(copies.end('a', after, true)).toBe(true)
  })
})

describe('what challenges showed', () => {
  const audit = unaudited(7)

  it.each(['not-found', 'wrong', 'older'] as const)('takes back what was acknowledged: %s', async last => {
    const { copies } = await watching()
    copies.acknowledged('a', 'record', 'placement')
    copies.promised('a', 60)
    copies.audited('a', { ...audit, last })

    expect(copies.get('a')).toMatchObject({ audit: { last } })
    expect(copies.get('a')).not.toHaveProperty('record')
    expect(copies.get('a')).not.toHaveProperty('promisedAt')
    expect(copies.get('a')).not.toHaveProperty('keptUntil')
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
    const signal = copies.begin('a', 'r')
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
