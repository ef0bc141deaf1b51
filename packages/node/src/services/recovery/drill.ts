import { order } from '@nara-stash/protocol'
import { DRILL_TIMEOUT } from '../../constants.ts'
import { UnreachableError } from '../../errors.ts'
import { Recovery } from './recovery.ts'
import type { DrillResult } from '../../api.ts'
import type { Decision } from '../../policy/settle.ts'
import type { Found } from './bodies.ts'
import type { OwnStash, Version } from '../owner/own-stash.ts'
import type { Clock, StashNetwork } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

export interface DrillInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  clock: Clock
  admits (peer: string): boolean
  isKnown (peer: string): boolean
}

type Known = Exclude<Decision, { type: 'searching' | 'waiting' }>

/**
 * A whole recovery by asking, as a process that has just started would do it, beside what we have: by a stash of its own that knows nothing, and is thrown
 * away.
 *
 * @throws {UnreachableError} nobody is here, or nobody answers
 */
export async function drill (init: DrillInit, options: AbortOptions = {}): Promise<DrillResult> {
  options.signal?.throwIfAborted()

  const { clock, own, admits } = init
  const network = new TimedNetwork(init)
  const peers = network.peers().filter(({ id }) => admits(id))

  if (peers.length === 0) {
    throw new UnreachableError('no stash peer is connected')
  }

  const started = clock.now()
  const { decision, found, holders, at } = await search({ ...init, network, own: own.anew() }, options)
  const total = Math.round(at - started)
  const body = found == null ? 0 : Math.round(network.bodies.get(found.record.id) ?? 0)

  return {
    outcome: outcomeOf(decision, found, own.current),
    doubt: decision.type === 'doubtful' ? decision.reason : null,
    seq: found == null ? null : String(found.record.seq),
    bytes: found?.data.byteLength ?? 0,
    holders,
    answered: decision.answered,
    of: decision.of,
    confirmed: decision.type === 'settled' && decision.confirmed,
    mayBeDeleted: decision.type === 'settled' && decision.mayBeDeleted,
    ms: { settled: total - body, body, total }
  }
}

/** Counts how long the bodies take. */
class TimedNetwork implements Pick<StashNetwork, 'ask' | 'peers'> {
  /** Milliseconds, by record. */
  readonly bodies = new Map<string, number>()
  readonly ask: StashNetwork['ask']
  readonly peers: StashNetwork['peers']

  constructor ({ network, clock }: Pick<DrillInit, 'network' | 'clock'>) {
    this.peers = () => network.peers()
    this.ask = async (peer, request, options) => {
      const asked = clock.now()
      const answer = await network.ask(peer, request, options)

      if (answer.type === 'found' && answer.body != null && !this.bodies.has(answer.record.id)) {
        this.bodies.set(answer.record.id, clock.now() - asked)
      }

      return answer
    }
  }
}

interface SearchResult {
  decision: Known
  found: Found | undefined
  holders: number
  /** When it was known first. */
  at: number
}

/** Searches until it is known what there is, and everybody who was asked has had their say: what is told of them is whole then. */
async function search (init: DrillInit, { signal }: AbortOptions): Promise<SearchResult> {
  const { clock } = init
  const { promise, resolve, reject } = Promise.withResolvers<SearchResult>()
  const abort = (): void => { reject(signal?.reason) }
  let at: number | undefined
  /** Somebody has something: its body may take long, but not for ever. */
  let isFound = false

  const recovery = new Recovery({
    ...init,
    heard: witnessed => [...witnessed],
    onFound: () => {},
    onDecision: decision => {
      if (decision.type === 'searching' || decision.type === 'waiting') {
        isFound = decision.type === 'waiting' && decision.found && decision.answered > 0
        return
      }

      at ??= clock.now()
      isFound = true

      if (recovery.tally().every(({ status, connected }) => status !== 'pending' || !connected)) {
        resolve({ decision, at, ...versionOf(decision, recovery) })
      }
    }
  })
  const cancel = clock.setTimer(() => {
    if (!isFound) {
      reject(new UnreachableError('no stash peer answers'))
    }
  }, DRILL_TIMEOUT)

  signal?.addEventListener('abort', abort)

  try {
    recovery.begin()

    return await promise
  } finally {
    signal?.removeEventListener('abort', abort)
    cancel()
    recovery.stop()
  }
}

function versionOf (decision: Known, recovery: Recovery): Pick<SearchResult, 'found' | 'holders'> {
  const best = decision.type === 'empty' ? undefined : decision.best

  return {
    found: best == null ? undefined : recovery.version(best.id),
    holders: recovery.tally().filter(({ record }) => record != null && record.id === best?.id).length
  }
}

function outcomeOf (decision: Known, found: Found | undefined, current: Version | undefined): DrillResult['outcome'] {
  if (found == null) {
    return 'nothing'
  }

  if (decision.type !== 'settled') {
    return 'doubtful'
  }

  switch (current == null ? undefined : order(found.record, current.record)) {
    case undefined:
      return 'unmatched'
    case 'same':
      return decision.confirmed ? 'identical' : 'same'
    case 'superseded':
      return 'older'
    default:
      return 'different'
  }
}
