import { BodyWithheldError } from '@nara-stash/protocol'
import { expect, it } from 'vitest'
import { offerRequest, sealedPlacement, sealedRecord } from '../../src/index.ts'
import { pair, wanting } from './pair.ts'

it('the body of what is merely shown is not sent', async () => {
  const { clock, net, a, b } = pair()
  const log: string[] = []
  const offer = offerRequest(await sealedRecord(), await sealedPlacement(), { body: new Uint8Array(), withheld: true })
  b.serve(async (caller, request) => {
    expect(request).not.toHaveProperty('withheld')

    return await wanting(log)()
  })

  await expect(clock.outcome(a.ask('b', offer))).rejects.toBeInstanceOf(BodyWithheldError)
  await clock.advance(1_000)
  expect(log).toStrictEqual(['abandoned'])
  expect(net.stats.sent(undefined, 'body').messages).toBe(0)
  expect(clock.pending).toBe(0)
})
