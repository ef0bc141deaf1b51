import type { Confidant } from './confidant.ts'
import type { HeldStashes } from './held/held-stashes.ts'
import type { Metrics } from '@libp2p/interface'

/** What is held, and what came of the requests to hold: for a host that has metrics. */
export function registerHeldMetrics (metrics: Metrics | undefined, held: HeldStashes, confidant: Confidant): void {
  metrics?.registerMetricGroup('nara_stash_held', {
    label: 'what',
    help: 'Stashes held for others, their bytes, and the limits of both',
    calculate: () => ({
      stashes: held.count,
      bytes: held.bytes,
      stash_limit: held.capacity.stashes,
      byte_limit: held.capacity.bytes
    })
  })

  const counters = metrics?.registerCounterGroup('nara_stash_holding_total', {
    label: 'event',
    help: 'Versions stored, requests refused, copies dropped or forgotten, offers to returning owners, copies taken back, co-holders that let go'
  })

  if (counters == null) {
    return
  }

  confidant.addEventListener('held:stored', () => { counters.increment({ stored: true }) })
  confidant.addEventListener('held:refused', ({ detail }) => { counters.increment({ [`refused_${detail.reason.replaceAll(' ', '_')}`]: true }) })
  confidant.addEventListener('held:dropped', () => { counters.increment({ dropped: true }) })
  confidant.addEventListener('held:released', ({ detail }) => { counters.increment({ [`co_holder_${detail.reason}`]: true }) })
  confidant.addEventListener('held:forgotten', () => { counters.increment({ forgotten: true }) })
  confidant.addEventListener('held:pushed', ({ detail }) => { counters.increment({ [`pushed_${detail.outcome}`]: true }) })
  confidant.addEventListener('held:fetched', ({ detail }) => { counters.increment({ [detail.whole ? 'fetched' : 'asked']: true }) })
}
