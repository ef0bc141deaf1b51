import { sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { byteStream } from '@libp2p/utils'
import { expect, it } from 'vitest'
import { StashResponse } from '../../src/pb/message.ts'
import { encodeRequest } from '../../src/wire/codec.ts'
import { FrameReader } from '../../src/wire/framing.ts'
import { readable } from '../../src/wire/stream-source.ts'
import { answering } from './answering.ts'
import { framed, signal } from './attack.ts'
import { streamPair, until } from './stream-pair.ts'
import type { Stream } from '@libp2p/interface'

/**
 * go-libp2p sends a protocol's name, the request and the end of its side in one go. The negotiation then reads all of it, sees the end, and
 * hands back what is not its own to a stream that has told its end already.
 */
async function inOneGo (request: Uint8Array): Promise<{ near: Stream, far: Stream }> {
  const { near, far } = await streamPair()
  const negotiation = byteStream(far)

  near.send(new TextEncoder().encode('name'))
  near.send(request)
  await near.close()
  await until(() => far.readableEnded)
  await negotiation.read({ bytes: 4 })
  negotiation.unwrap()

  return { near, far }
}

it('the bytes and then the end are read', async () => {
  const { far } = await inOneGo(new Uint8Array(1_000).fill(7))
  const chunks: number[] = []

  for await (const chunk of readable(far, signal)) {
    chunks.push(chunk.byteLength)
  }

  expect(chunks).toEqual([1_000])
})

it('no bytes but the end are read', async () => {
  const { far } = await inOneGo(new Uint8Array())

  expect(await readable(far, signal).next()).toEqual({ value: undefined, done: true })
})

it('a store is answered', async () => {
  const owner = testKey(1)
  const store = storeRequest(await sealedRecord({ key: owner }), await sealedPlacement(owner))
  const { near, far } = await inOneGo(framed(encodeRequest(store, true)))
  const side = answering()
  const frames = new FrameReader(near, signal)

  await side.on(far, side.wanting('send'))

  const answer = await frames.read(1_000)
  expect(StashResponse.decode(answer?.subarray() ?? new Uint8Array())).toMatchObject({ status: 'STORED' })
  expect(side.bodies).toEqual([store.body])
  expect(side.violations).toEqual([])
})
