import { connectedPeers, stashAnswer } from './stash-answer.ts'
import { fieldOf, timeoutOf } from './request-values.ts'
import { versionId } from './version-id.ts'
import type { DecisionAnswer, ForgetAnswer, FreshAnswer } from '../api/types.ts'
import type { DrillResult, Stash, VerifyResult, WriteResult } from '@nara-stash/node'
import type { Hono } from 'hono'

/** What a person decides in doubt, what ends a stash, and what shows that it is safe. */
export function addDecisionRoutes (app: Hono, stash: Stash): void {
  const decided = (result: WriteResult): DecisionAnswer => {
    const data = stash.getStashData()?.data ?? new Uint8Array(0)

    return { ...stashAnswer(stash, data), ...result, peers: connectedPeers(stash) }
  }

  app.post('/v1/recover/accept-older', async c => c.json<DecisionAnswer>(decided(await stash.acceptOlder({ timeout: timeoutOf(c) }))))

  app.post('/v1/recover/adopt', async c => {
    const timeout = timeoutOf(c)
    const given = await fieldOf(c, 'id', value => typeof value === 'string', '{ "id": "1f2e3d4c" }')
    const id = versionId(given, stash.status().recovery.doubt, stash.setAside())

    return c.json<DecisionAnswer>(decided(await stash.adopt(id, { timeout })))
  })

  app.post('/v1/recover/fresh', async c => {
    await stash.startFresh()

    return c.json<FreshAnswer>({ state: stash.state })
  })

  app.post('/v1/forget', async c => {
    const result = await stash.forgetStash({ timeout: timeoutOf(c) })

    return c.json<ForgetAnswer>({ ...result, state: stash.state })
  })

  app.post('/v1/verify', async c => c.json<VerifyResult>(await stash.verify({ signal: c.req.raw.signal })))

  app.post('/v1/drill', async c => c.json<DrillResult>(await stash.drill({ signal: c.req.raw.signal })))
}
