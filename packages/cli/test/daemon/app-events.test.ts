import { describe, expect, it } from 'vitest'
import type { DaemonEvent } from '../../src/api/types.ts'
import { apiHarness as harness } from '../support/api-harness.ts'

describe('GET /v1/events', () => {
  it('sends what happens after its head, a line each, and ends with the daemon', async () => {
    const { app, stash, feed } = harness()
    const response = await app.request('/v1/events')

    stash.emit('stash:copies', { seq: '1', have: 2, minimum: 2, target: 3 })
    stash.emit('presence', { peer: 'a', name: 'kiosk\u0085\u202e', kind: 'hey-there', boot: 'b' })
    feed.publish({ event: 'stopped' })

    const text = await response.text()
    const events = text.trim().split('\n').map(line => JSON.parse(line) as DaemonEvent)

    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    expect(events.map(({ event }) => event)).toEqual(['stash:copies', 'presence', 'stopped'])
    expect(events[0]).toMatchObject({ have: 2, time: expect.stringMatching(/^\d{4}-.*Z$/) as string })
    expect(events[1]).toMatchObject({ name: 'kiosk\u0085\u202e' })
    expect(text).toContain('kiosk\\u0085\\u202e')
  })

  it('counts what a reader was too slow for', async () => {
    const { app, feed } = harness()
    const reader = (await app.request('/v1/events')).body?.getReader()
    const next = async (): Promise<DaemonEvent> => JSON.parse(new TextDecoder().decode((await reader?.read())?.value)) as DaemonEvent

    for (let i = 0; i < 1_500; i++) {
      feed.publish({ event: 'stopping', why: String(i) })
    }

    await next()
    feed.publish({ event: 'stopping', why: 'last' })

    const left: DaemonEvent[] = []

    while (left.at(-1)?.event !== 'missed') {
      left.push(await next())
    }

    expect(left.at(-1)).toMatchObject({ events: 1_500 - left.length })
    expect(await next()).toMatchObject({ why: 'last' })
    await reader?.cancel()
  })
})
