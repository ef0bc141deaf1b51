import type { LeaveAnswer } from '../api/types.ts'
import type { Stash } from '@nara-stash/node'
import type { Hono } from 'hono'
import type { ServerResponse } from 'node:http'

/** Leaves: hands on what is held for others, answers what became of it, and then has the daemon stop, whether or not anybody still waits for the answer. */
export function addLeaveRoute (app: Hono, stash: Pick<Stash, 'leave'>, onLeft: () => void = () => {}): void {
  app.post('/v1/leave', async c => {
    const { outgoing } = (c.env ?? {}) as { outgoing?: ServerResponse }
    const answer = await stash.leave()

    if (outgoing == null || outgoing.closed) {
      onLeft()
    } else {
      outgoing.once('close', onLeft)
    }

    return c.json<LeaveAnswer>(answer)
  })
}
