import { randomBytes } from 'node:crypto'
import { offerRequest, sealedPlacement, sealedRecord, testKey } from '@nara-stash/testing'
import { expect, it } from 'vitest'
import { BodyWithheldError } from '../../src/errors.ts'
import { ask } from '../../src/wire/ask.ts'
import { answering } from './answering.ts'
import { streamPair } from './stream-pair.ts'
import type { Answering } from './answering.ts'
import type { OfferResponse, RequestHandler } from '../../src/index.ts'

const owner = testKey(1)

/** Shows a record to who answers so. */
async function shown (side: Answering, handler: RequestHandler): Promise<OfferResponse> {
  const record = await sealedRecord({ key: owner, body: randomBytes(300_001) })
  const { near, far } = await streamPair()
  const answered = side.on(far, handler)
  const offer = offerRequest(record, await sealedPlacement(owner, { holders: [testKey(3).id] }), { body: new Uint8Array(), withheld: true })

  try {
    return await ask(near, offer, { clock: side.clock, self: owner.id })
  } finally {
    await answered
    expect([side.clock.pending, side.budget.inFlight]).toStrictEqual([0, 0])
  }
}

it('a record that is merely shown is answered like any other', async () => {
  const side = answering()

  expect(await shown(side, async () => ({ type: 'have' }))).toStrictEqual({ type: 'have' })
  expect(side.requests).toHaveLength(1)
  expect(side.requests[0]).not.toHaveProperty('withheld')
})

it('its body is sent to nobody: the stream is reset, which is no violation', async () => {
  const side = answering()

  await expect(shown(side, side.wanting('wanted'))).rejects.toBeInstanceOf(BodyWithheldError)
  expect(side.bodies).toStrictEqual(['abandoned'])
  expect(side.violations).toStrictEqual([])
  expect(side.logged).toStrictEqual([])
})
