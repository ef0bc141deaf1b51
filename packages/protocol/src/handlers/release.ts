import { refused } from '../refusal.ts'
import { isCoHolder, keptOf } from './co-holder.ts'
import type { HandlerContext } from './index.ts'
import type { Caller, ReleaseRequest, ReleaseResponse } from '../messages.ts'

/**
 * RELEASE: the owner tells us to let go of its record, or a co-holder that it lets go of its own copy (SPEC.md, "RELEASE"). Others are
 * told that nothing is held here.
 */
export async function handleRelease (context: HandlerContext, caller: Caller, request: ReleaseRequest): Promise<ReleaseResponse> {
  if (!context.trust.admits(caller.peer)) {
    return refused('not trusted')
  }

  return { ...await answer(context, caller, request), ...(context.draining() && { leaving: true }) }
}

async function answer (context: HandlerContext, caller: Caller, request: ReleaseRequest): Promise<ReleaseResponse> {
  const { owner, recordId, reason } = request

  if (owner === context.self) {
    return await context.ownRelease?.(caller, request) ?? { type: 'not-found' }
  }

  if (caller.peer === owner) {
    if (await context.held.drop(owner, recordId)) {
      context.onLetGo?.(owner, reason)
    }

    return { type: 'not-found' }
  }

  const kept = keptOf(context, owner)

  if (kept == null || !isCoHolder(context, kept, caller.peer)) {
    return { type: 'not-found' }
  }

  context.onReleased?.(caller.peer, request)

  return { type: kept.record.id === recordId ? 'have' : 'not-found' }
}
