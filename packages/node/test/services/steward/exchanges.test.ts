import { proofOf } from '@nara-stash/protocol'
import { seededRandom, VirtualClock } from '@nara-stash/testing'
import { expect, it } from 'vitest'
import { Exchanges } from '../../../src/services/steward/exchanges.ts'
import { generated } from './generated.ts'
import type { ChallengeRequest, ChallengeResponse, HeldStash, StashNetwork } from '@nara-stash/protocol'

const [self, owner, peer] = generated(3) as [string, string, string]
const recordId = 'cd'.repeat(32)
const stash = { record: { owner, id: recordId, boot: 'b', seq: 2 } } as unknown as HeldStash
const body = new Uint8Array(100).fill(3)
const clock = new VirtualClock()

async function challenged (answer: (request: ChallengeRequest) => Promise<ChallengeResponse>, held: HeldStash | undefined = stash): Promise<{ outcome: string | undefined, reads: number }> {
  let reads = 0
  const exchanges = new Exchanges({
    network: { self, ask: (async (_: string, request: ChallengeRequest) => await answer(request)) as unknown as StashNetwork['ask'] },
    held: {
      get: () => held,
      read: async () => {
        reads++

        return held == null ? undefined : { stash: held, body }
      },
      hearOf: async () => 'same'
    },
    clock,
    random: seededRandom(1),
    onUnreadable: () => {}
  })
  const outcome = (await exchanges.challenge(peer, owner, recordId))?.outcome

  return { outcome, reads }
}

it.each<[string, ChallengeResponse]>([
  ['not-found', { type: 'not-found' }],
  ['busy', { type: 'busy', retryAfter: 1_000 }],
  ['refused', { type: 'refused', reason: 'not trusted', retryAfter: 1_000 }],
  ['busy', { type: 'refused', reason: 'rate limited', retryAfter: 1_000 }],
  ['wrong', { type: 'other', record: stash.record, leaving: false }]
])('an answer that is %s, and no proof, does not make us read our own body', async (outcome, answer) => {
  expect(await challenged(async () => answer)).toStrictEqual({ outcome, reads: 0 })
})

it('a proof is compared with our own body', async () => {
  const prove = async ({ nonce }: ChallengeRequest, of: Uint8Array): Promise<ChallengeResponse> =>
    ({ type: 'proof', proof: await proofOf({ nonce, prover: peer, recordId, body: of }, clock), leaving: false })

  expect(await challenged(async request => await prove(request, body))).toStrictEqual({ outcome: 'proved', reads: 1 })
  expect(await challenged(async request => await prove(request, body.slice(1)))).toStrictEqual({ outcome: 'wrong', reads: 1 })
})

it('what came of a challenge is nothing to us once the record is not held any longer', async () => {
  const another = { record: { ...stash.record, id: 'ab'.repeat(32) } } as unknown as HeldStash

  expect(await challenged(async () => ({ type: 'not-found' }), another)).toStrictEqual({ outcome: undefined, reads: 0 })
  expect(await challenged(async () => ({ type: 'proof', proof: new Uint8Array(32), leaving: false }), another)).toStrictEqual({ outcome: undefined, reads: 1 })
})
