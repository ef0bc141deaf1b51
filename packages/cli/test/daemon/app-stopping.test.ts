import { NotFoundError, UnreachableError } from '@nara-stash/node'
import { describe, expect, it } from 'vitest'
import type { WriteResult } from '@nara-stash/node'
import { apiHarness as harness, put, refusal } from '../support/api-harness.ts'

describe('what the stop of the daemon cuts short', () => {
  const unstored = { outcome: 'unstored', copies: 0 } as const

  it.each([
    ['PUT', '/v1/stash', unstored, 'nobody took version 1, and it is lost'],
    ['PUT', '/v1/stash', { outcome: 'degraded', copies: 1 }, 'version 1 is held by 1 confidant only; 2 make it safe'],
    ['PUT', '/v1/stash', { ...unstored, seq: undefined }, 'the write still waited, and is lost'],
    ['POST', '/v1/recover/accept-older', unstored, 'nobody took version 1, and it is lost']
  ] as const)('%s %s, %j: says so', async (method, path, outcome, why) => {
    const { app, stash, stop } = harness()

    stash.inDoubt({ reason: 'CONFLICT', records: [] })
    stash.outcome = outcome as Partial<WriteResult>
    stop()
    expect(await refusal(await app.request(path, { method, ...(method === 'PUT' ? { body: 'x' } : {}) }))).toMatchObject({ status: 503, name: 'StoppingError', message: `this nara stops: ${why}` })
  })

  it.each([['/v1/recover', new UnreachableError('none answered')], ['/v1/forget', new NotFoundError('it is not known yet')]])('%s: does not blame the others', async (path, failure) => {
    const { app, stash, stop } = harness()
    const ask = async (): Promise<unknown> => {
      stash.failure = failure

      return await refusal(await app.request(path, { method: 'POST' }))
    }

    expect(await ask()).toMatchObject({ name: failure.name })
    stop()
    expect(await ask()).toMatchObject({ name: 'StoppingError', message: 'this nara stops' })
  })

  it('says that a deletion is not done', async () => {
    const { app, stash, stop } = harness()

    stash.forgotten = { outcome: 'degraded', acknowledged: 1, of: 3 }
    stop()
    expect(await refusal(await app.request('/v1/forget', { method: 'POST' }))).toMatchObject({
      name: 'StoppingError', message: 'this nara stops: 1 of 3 took the deletion, and it tells no others: forget again when it runs'
    })
  })

  it('tells what was done all the same', async () => {
    const { app, stop } = harness()

    stop()
    expect((await app.request('/v1/stash', put('x'))).status).toBe(200)
    expect((await app.request('/v1/forget', { method: 'POST' })).status).toBe(200)
  })
})
