import { TypedEventEmitter } from 'main-event'
import { describe, expect, it } from 'vitest'
import { registerHeldMetrics } from '../src/metrics.ts'
import { CountedMetrics } from './counted-metrics.ts'
import { header } from './record/headers.ts'
import type { Confidant, ConfidantEvents } from '../src/confidant.ts'
import type { HeldStashes } from '../src/held/held-stashes.ts'

const record = header('owner', 'boot', 1)
const about = { owner: 'owner', from: 'peer', record }

/** Reports the events to `metrics`. */
function reporting (metrics: CountedMetrics | undefined, held: Partial<HeldStashes> = {}): TypedEventEmitter<ConfidantEvents> {
  const confidant = new TypedEventEmitter<ConfidantEvents>()
  registerHeldMetrics(metrics?.asMetrics(), held as HeldStashes, confidant as Confidant)

  return confidant
}

describe('registerHeldMetrics', () => {
  it('shows what is held and what could be, at the time it is asked', async () => {
    const metrics = new CountedMetrics()
    const held = { count: 1, bytes: 100, capacity: { stashes: 5, bytes: 1_000, maxStash: 10 } }
    reporting(metrics, held)
    held.count = 2

    expect(await metrics.gauges.nara_stash_held?.()).toEqual({ stashes: 2, bytes: 100, stash_limit: 5, byte_limit: 1_000 })
  })

  it('counts what happens, by kind', () => {
    const metrics = new CountedMetrics()
    const confidant = reporting(metrics)
    const tell = <T extends keyof ConfidantEvents>(type: T, detail: ConfidantEvents[T]['detail']): void => {
      confidant.safeDispatchEvent(type, { detail })
    }

    tell('held:stored', about)
    tell('held:stored', about)
    tell('held:refused', { ...about, reason: 'rate limited' })
    tell('held:refused', { ...about, reason: 'at capacity' })
    tell('held:dropped', { ...about, why: 'relieved by its owner' })
    tell('held:pushed', { ...about, outcome: 'have' })
    tell('held:pushed', { ...about, outcome: 'failed' })
    tell('held:released', { ...about, recordId: '00', reason: 'leaving' })
    tell('held:forgotten', about)
    tell('held:fetched', { ...about, whole: true })
    tell('held:fetched', { ...about, whole: false })

    expect(metrics.counters).toEqual({
      nara_stash_holding_total: {
        stored: 2, refused_rate_limited: 1, refused_at_capacity: 1, dropped: 1, pushed_have: 1, pushed_failed: 1,
        co_holder_leaving: 1, forgotten: 1, fetched: 1, asked: 1
      }
    })
  })

  it('asks for nothing on a host without metrics', () => {
    expect(() => reporting(undefined).safeDispatchEvent('held:stored', { detail: about })).not.toThrow()
    expect(reporting(undefined).listenerCount('held:stored')).toBe(0)
  })
})
