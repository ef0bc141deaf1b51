import { world } from './world.ts'
import type { World } from './world.ts'
import type { SimNetworkInit, SimPort } from '../../src/index.ts'
import type { StashResponse, WantsBody } from '@nara-stash/protocol'

export interface Pair extends World { a: SimPort, b: SimPort }

/** Two connected peers, 10 ms apart, the first of them by the name given. */
export function pair (init?: Partial<SimNetworkInit>, first = 'a'): Pair {
  const it = world(init)
  const [a, b] = it.join(first, 'b') as [SimPort, SimPort]
  it.net.connect(first, 'b')

  return { ...it, a, b }
}

/** A receiver that wants every body and writes down what becomes of it. */
export function wanting (log: string[], answer: StashResponse = { type: 'stored' }): () => Promise<WantsBody> {
  return async () => ({
    type: 'send',
    receive: async (body) => {
      log.push(`received ${body.byteLength}`)

      return answer
    },
    abandon: () => { log.push('abandoned') }
  })
}
