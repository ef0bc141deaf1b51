import { BUSY_RETRY_AFTER } from '../constants.ts'
import { refused } from '../refusal.ts'
import { proofOf } from '../record/proof.ts'
import { isCoHolder, keptOf } from './co-holder.ts'
import type { HandlerContext } from './index.ts'
import type { HeldStash } from '../held/held-stashes.ts'
import type { Caller, ChallengeRequest, ChallengeResponse } from '../messages.ts'

/**
 * CHALLENGE: the owner, or who holds the same, wants to see that we have the very body (SPEC.md, "CHALLENGE"). To anybody else
 * nothing is held here. What is not held costs nothing to ask for; a proof costs the reading and hashing of a body, and is rationed.
 */
export async function handleChallenge (context: HandlerContext, caller: Caller, request: ChallengeRequest): Promise<ChallengeResponse> {
  if (!context.trust.admits(caller.peer)) {
    return refused('not trusted')
  }

  const kept = keptOf(context, request.owner)

  if (kept == null || !mayAsk(context, caller, kept)) {
    return { type: 'not-found' }
  }

  return kept.record.id === request.recordId ? await prove(context, caller, request, kept) : other(context, caller, kept, request)
}

function mayAsk (context: HandlerContext, caller: Caller, kept: HeldStash): boolean {
  return caller.peer === kept.record.owner || isCoHolder(context, kept, caller.peer)
}

async function prove (context: HandlerContext, caller: Caller, request: ChallengeRequest, kept: HeldStash): Promise<ChallengeResponse> {
  const release = context.proving.reserve(kept.record.bodyLength)

  if (release == null) {
    return { type: 'busy', retryAfter: BUSY_RETRY_AFTER }
  }

  try {
    const asker = `${caller.peer} ${request.owner} ${request.recordId}`
    const turn = context.proofs.take(asker)

    if (!turn.ok) {
      return { type: 'busy', retryAfter: turn.retryAfter }
    }

    const answer = await proved(context, caller, request)

    // who got no proof may ask for one as soon as there is something to prove again
    if (answer.type !== 'proof') {
      context.proofs.giveBack(asker)
    }

    return answer
  } finally {
    release()
  }
}

/** The body is read for this very proof. That may show that it is damaged, or another record may have taken its place meanwhile. */
async function proved (context: HandlerContext, caller: Caller, request: ChallengeRequest): Promise<ChallengeResponse> {
  const whole = await context.held.read(request.owner)
  const kept = whole?.stash ?? context.held.tombstone(request.owner)

  if (kept == null) {
    return { type: 'not-found' }
  }

  if (kept.record.id !== request.recordId) {
    return other(context, caller, kept, request)
  }

  const { nonce, recordId } = request
  const proof = await proofOf({ nonce, prover: context.self, recordId, body: whole?.body ?? new Uint8Array() }, context.clock)

  return { type: 'proof', proof, leaving: context.draining(), ...(kept.mayBeDeleted && { mayBeDeleted: true }) }
}

function other (context: HandlerContext, caller: Caller, { record, placement }: HeldStash, request: ChallengeRequest): ChallengeResponse {
  const byOwner = caller.peer === record.owner

  // it has, or looks for, another version than we: one of the two is to be brought up. Told now and then only: where neither supersedes the other,
  // two holders would go on asking each other for ever
  if (!byOwner && context.proofs.take(`${caller.peer} ${record.owner}`).ok) {
    context.onCoHolder?.(record.owner, caller.peer, request.recordId)
  }

  return { type: 'other', record, ...(byOwner && { placement }), leaving: context.draining() }
}
