import type { Interceptor } from './ports.ts'
import type { Found, StashRequest, StashResponse, StoreRequest } from '@nara-stash/protocol'

/**
 * How a confidant may lie, whatever its code does:
 * - `drops`: acknowledges whatever it is given, and keeps nothing;
 * - `returns old`: acknowledges, and shows the first version that it was given of each owner, as if it came straight from it;
 * - `flips bits`: hands out bodies that are not those of their headers;
 * - `false holders`: names peers as holders that hold nothing.
 */
export type Lie = 'drops' | 'returns old' | 'flips bits' | 'false holders'

/** A proof that is none. */
const WRONG_PROOF = new Uint8Array(32).fill(0x5a)

/** Makes `liar` answer so. What it would bring owners and co-holders by itself does not get away, but for false holders. */
export function lying (liar: string, lie: Lie, falseHolders: readonly string[] = []): Interceptor {
  const kept = new Map<string, StoreRequest>()

  return (from, to, request, next) => {
    if (from === liar && to !== liar) {
      return speak(request, lie, falseHolders, next)
    }

    if (to !== liar) {
      return next()
    }

    switch (lie) {
      case 'drops':
        return dropping(request) ?? next()
      case 'returns old':
        return returningOld(from, request, kept) ?? next()
      case 'flips bits':
        return flipping(next())
      case 'false holders':
        return naming(next(), falseHolders)
    }
  }
}

function speak (
  request: StashRequest, lie: Lie, holders: readonly string[], next: Parameters<Interceptor>[3]
): ReturnType<Interceptor> {
  if (lie === 'false holders' && (request.type === 'store' || request.type === 'offer')) {
    return next({ ...request, liveHolders: [...holders] })
  }

  if (lie !== 'false holders' && (request.type === 'store' || request.type === 'offer')) {
    throw new Error('a liar keeps to itself what it has')
  }

  return next()
}

function dropping (request: StashRequest): StashResponse | undefined {
  switch (request.type) {
    case 'store':
      return { type: 'stored' }
    case 'fetch':
    case 'witness':
      return { type: 'not-found' }
    case 'challenge':
      return { type: 'proof', proof: WRONG_PROOF, leaving: false }
    case 'offer':
      return { type: 'have' }
    case 'release':
      return { type: 'have', leaving: false }
  }
}

function returningOld (from: string, request: StashRequest, kept: Map<string, StoreRequest>): StashResponse | undefined {
  if (request.type === 'store') {
    const { owner } = request.record

    if (kept.has(owner) && kept.get(owner)?.record.id !== request.record.id) {
      return { type: 'stored' }
    }

    kept.set(owner, { ...request, body: request.body.slice() })

    return undefined
  }

  const old = kept.get(request.type === 'challenge' || request.type === 'release' ? request.owner : from)

  if (old == null) {
    return undefined
  }

  switch (request.type) {
    case 'fetch':
      return found(old, request.whole)
    case 'witness':
      return { type: 'witnessed', record: old.record }
    case 'challenge':
      return { type: 'proof', proof: WRONG_PROOF, leaving: false }
    case 'offer':
    case 'release':
      return undefined
  }
}

function found ({ record, placement, leaseRemaining, body }: StoreRequest, whole: boolean): Found {
  return { type: 'found', record, placement, leaseRemaining, liveHolders: [], direct: true, ...(whole ? { body: body.slice() } : {}) }
}

async function flipping (honest: Promise<StashResponse>): Promise<StashResponse> {
  const answer = await honest

  return answer.type === 'found' && answer.body != null && answer.body.byteLength > 0
    ? { ...answer, body: answer.body.map((byte, i) => i === 0 ? byte ^ 1 : byte) }
    : answer
}

async function naming (honest: Promise<StashResponse>, liveHolders: readonly string[]): Promise<StashResponse> {
  const answer = await honest

  return answer.type === 'found' ? { ...answer, liveHolders: [...liveHolders] } : answer
}
