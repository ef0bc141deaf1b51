import { jsonLine } from '../text/json.ts'
import type { EventFeed } from './event-feed.ts'
import type { DaemonEvent } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import type { Context } from 'hono'

/** Events that wait for a slow reader; what comes after is counted, not kept. */
const MAX_WAITING = 1_000

/**
 * Every event from here on, one line of JSON each (`application/x-ndjson`), until the reader goes away. The subscription
 * stands before the answer's head is sent: what happens after a client has seen it is never missed.
 */
export function eventStream (c: Context, feed: EventFeed, clock: Pick<Clock, 'date'>): Response {
  const encoder = new TextEncoder()
  let unsubscribe = (): void => {}
  let missed = 0

  const stream = new ReadableStream<Uint8Array>({
    start: controller => {
      const send = (event: DaemonEvent): void => { controller.enqueue(encoder.encode(jsonLine(event))) }

      unsubscribe = feed.subscribe(event => {
        if ((controller.desiredSize ?? 0) <= 0) {
          missed++
          return
        }

        if (missed > 0) {
          send({ event: 'missed', time: clock.date().toISOString(), events: missed })
          missed = 0
        }

        send(event)

        if (event.event === 'stopped') {
          unsubscribe()
          controller.close()
        }
      })
    },
    cancel: () => { unsubscribe() }
  }, { highWaterMark: MAX_WAITING })

  return c.body(stream, 200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
}
