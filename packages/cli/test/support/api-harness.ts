import { createSoul } from '@nara-stash/crypto'
import { StoppingError } from '@nara-stash/node'
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createApp } from '../../src/daemon/app.ts'
import { createEventFeed } from '../../src/daemon/event-feed.ts'
import { FakeNara } from './fake-nara.ts'
import type { FakeStash } from './fake-nara.ts'
import type { ErrorAnswer } from '../../src/api/types.ts'
import type { EventFeed } from '../../src/daemon/event-feed.ts'
import type { Hono } from 'hono'

/** The API over a nara that does what the test says. */
export interface ApiHarness {
  app: Hono
  stash: FakeStash
  feed: EventFeed
  unexpected: unknown[]
  stop: () => void
}

export function apiHarness (maxStash = 1024, clock = systemClock): ApiHarness {
  const nara = new FakeNara({ soul: createSoul({ name: 'kiosk' }), maxStash })
  const feed = createEventFeed(nara.stash, systemClock)
  const unexpected: unknown[] = []
  const stopping = new AbortController()
  const about = { pid: 1, socket: '/run/api.sock', version: '1.2.3', maxStash, listen: ['/ip4/0.0.0.0/tcp/0'], network: 'nara', pskFile: null }

  return {
    app: createApp({ nara, feed, about, clock, stopping: stopping.signal, unexpected: error => { unexpected.push(error) } }),
    stash: nara.fake,
    feed,
    unexpected,
    stop: () => { stopping.abort(new StoppingError('this nara stops')) }
  }
}

export function sha256 (text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export async function refusal (response: Response): Promise<ErrorAnswer['error'] & { status: number }> {
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)

  return { status: response.status, ...(await response.json() as ErrorAnswer).error }
}

export const put = (body: BodyInit, more: RequestInit = {}): RequestInit => ({ method: 'PUT', body, ...more })
export const peers = (method: string, list: unknown): RequestInit => ({ method, body: JSON.stringify({ peers: list }) })
