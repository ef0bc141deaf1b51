import { notForgotten, notKept, unlessCutShort } from './cut-short.ts'
import { connectedPeers, recoverAnswer } from './stash-answer.ts'
import { fieldOf, timeoutOf } from './request-values.ts'
import { versionId } from './version-id.ts'
import type { AppInit } from './app.ts'
import type { DecisionAnswer, ForgetAnswer, FreshAnswer } from '../api/types.ts'
import type { DrillResult, Stash, VerifyResult, WriteResult } from '@nara-stash/node'
import type { Context, Hono } from 'hono'

/** What a person decides in doubt, what ends a stash, and what shows that it is safe. */
export function addDecisionRoutes (app: Hono, { stash, clock, stopping }: Pick<AppInit, 'clock' | 'stopping'> & { stash: Stash }): void {
  const decided = async (decision: Promise<WriteResult>): Promise<DecisionAnswer> => {
    const result = await unlessCutShort(decision, stopping, notKept)

    const { seq, ...about } = recoverAnswer(stash)

    return { ...about, ...(seq == null ? {} : { seq }), ...result, peers: connectedPeers(stash) }
  }
  const signalOf = (c: Context): AbortSignal => stopping == null ? c.req.raw.signal : AbortSignal.any([c.req.raw.signal, stopping])

  app.post('/v1/recover/accept-older', async c => c.json<DecisionAnswer>(await decided(stash.acceptOlder({ timeout: timeoutOf(c) }))))

  app.post('/v1/recover/adopt', async c => {
    const timeout = timeoutOf(c)
    const given = await fieldOf(c, clock, { name: 'id', isRight: value => typeof value === 'string', example: '{ "id": "1f2e3d4c" }' })
    const id = versionId(given, stash.status().recovery.doubt, stash.setAside())

    return c.json<DecisionAnswer>(await decided(stash.adopt(id, { timeout })))
  })

  app.post('/v1/recover/fresh', async c => {
    await stash.startFresh()

    return c.json<FreshAnswer>({ state: stash.state })
  })

  app.post('/v1/forget', async c => {
    const result = await unlessCutShort(stash.forgetStash({ timeout: timeoutOf(c) }), stopping, notForgotten)

    return c.json<ForgetAnswer>({ ...result, state: stash.state, peers: connectedPeers(stash) })
  })

  app.post('/v1/verify', async c => c.json<VerifyResult>(await stash.verify({ signal: signalOf(c) })))

  app.post('/v1/drill', async c => c.json<DrillResult>(await stash.drill({ signal: signalOf(c) })))
}
