import { describe, expect, it } from 'vitest'
import { lying, sealedPlacement, sealedRecord, storeRequest } from '../../src/index.ts'
import { world } from './world.ts'
import type { Lie, SimPort } from '../../src/index.ts'
import type { Found, StashResponse, StoreRequest } from '@nara-stash/protocol'

/** An owner that asks, and a peer that keeps the last that it is given; the peer lies. */
function pair (lie: Lie): { ask: (request: Parameters<SimPort['ask']>[1]) => Promise<StashResponse>, kept: () => StoreRequest | undefined } {
  const { clock, net, join } = world()
  const [owner, liar] = join('owner', 'liar') as [SimPort, SimPort]
  let kept: StoreRequest | undefined

  net.connect('owner', 'liar')
  liar.serve(async (_caller, request) => {
    if (request.type === 'store') {
      return { type: 'send', receive: async body => { kept = { ...request, body }; return { type: 'stored' } }, abandon: () => {} }
    }

    return kept == null || request.type !== 'fetch' ? { type: 'not-found' } : found(kept, request.whole)
  })
  net.intercept(lying('liar', lie, ['nobody']))

  return { ask: async request => await clock.outcome(owner.ask('liar', request)), kept: () => kept }
}

function found ({ record, placement, leaseRemaining, body }: StoreRequest, whole: boolean): Found {
  return { type: 'found', record, placement, leaseRemaining, liveHolders: [], direct: true, ...(whole ? { body } : {}) }
}

async function versions (): Promise<[StoreRequest, StoreRequest]> {
  const placement = { ...await sealedPlacement(), owner: 'owner' }
  const version = async (seq: number): Promise<StoreRequest> => {
    const { record, body } = await sealedRecord({ seq, body: new Uint8Array(64).fill(seq) })

    return storeRequest({ record: { ...record, owner: 'owner' }, body }, placement)
  }

  return [await version(1), await version(2)]
}

describe('a liar', () => {
  it('drops what it acknowledged', async () => {
    const { ask, kept } = pair('drops')
    const [one] = await versions()
    expect(await ask(one)).toEqual({ type: 'stored' })
    expect(await ask({ type: 'fetch', whole: true })).toEqual({ type: 'not-found' })
    expect(kept()).toBeUndefined()
  })

  it('returns the version before', async () => {
    const { ask } = pair('returns old')
    const [one, two] = await versions()
    expect(await ask(one)).toEqual({ type: 'stored' })
    expect(await ask(two)).toEqual({ type: 'stored' })
    expect(await ask({ type: 'fetch', whole: true })).toMatchObject({ type: 'found', direct: true, record: { id: one.record.id }, body: one.body })
    expect(await ask({ type: 'witness' })).toMatchObject({ type: 'witnessed', record: { id: one.record.id } })
  })

  it('flips bits', async () => {
    const { ask } = pair('flips bits')
    const [one] = await versions()
    await ask(one)
    await expect(ask({ type: 'fetch', whole: true })).rejects.toMatchObject({ name: 'BodyMismatchError' })
  })

  it('names holders that are none', async () => {
    const { ask } = pair('false holders')
    const [one] = await versions()
    await ask(one)
    expect(await ask({ type: 'fetch', whole: false })).toMatchObject({ type: 'found', liveHolders: ['nobody'] })
  })
})
