import { VirtualClock } from '@nara-stash/testing'
import { BodyBudget } from '../../src/wire/body-budget.ts'
import { answer } from '../../src/wire/answer.ts'
import type { IncomingRequest, RequestHandler, StashResponse } from '../../src/messages.ts'
import type { Logger, Stream } from '@libp2p/interface'

/** An answering side that notes what happens to it. */
export interface Answering {
  clock: VirtualClock
  budget: BodyBudget
  requests: IncomingRequest[]
  /** What became of the bodies that the handler wanted. */
  bodies: Array<Uint8Array | 'abandoned'>
  violations: string[]
  logged: unknown[]
  on (stream: Stream, handler: RequestHandler, signal?: AbortSignal): Promise<void>
  /** A handler that wants every body and answers `response` once it has it. */
  wanting (type: 'send' | 'wanted', response?: StashResponse): RequestHandler
}

export const CALLER = { peer: 'the caller', address: '192.0.2.1' }

export function answering (): Answering {
  const logged: unknown[] = []
  const log = Object.assign(() => {}, { error: (...args: unknown[]) => { logged.push(args) }, trace: () => {} }) as unknown as Logger

  const self: Answering = {
    clock: new VirtualClock(),
    budget: new BodyBudget(),
    requests: [],
    bodies: [],
    violations: [],
    logged,
    on: async (stream, handler, signal) => {
      await answer(stream, CALLER, async (caller, request) => {
        self.requests.push(request)
        return await handler(caller, request)
      }, {
        clock: self.clock, budget: self.budget, log, signal, onViolation: (peer, err) => { self.violations.push(`${peer}: ${err.name}`) }
      })
    },
    wanting: (type, response = { type: 'stored' }) => async () => ({
      type,
      receive: async body => {
        self.bodies.push(body)
        return response
      },
      abandon: () => { self.bodies.push('abandoned') }
    })
  }

  return self
}
