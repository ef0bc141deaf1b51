import { randomBytes } from 'node:crypto'
import { sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { pEvent } from 'p-event'
import { expect, it } from 'vitest'
import { libp2pNode } from '../libp2p-node.ts'
import type { RequestHandler } from '../../src/index.ts'

const SIZE = 64 << 20
const MEBIBYTE = 1 << 20

it('64 MiB move both ways over TCP in memory that the bodies account for', async () => {
  const owner = testKey(1)
  const placement = await sealedPlacement(owner)
  const sealed = await sealedRecord({ key: owner, body: new Uint8Array(randomBytes(SIZE)) })
  const kept: Uint8Array[] = []
  const handler: RequestHandler = async (_, request) => request.type === 'fetch'
    ? { type: 'found', ...sealed, placement, liveHolders: [], leaseRemaining: 1, direct: true }
    : { type: 'send', receive: async body => { kept.push(body); return { type: 'stored' } }, abandon: () => {} }

  const nodes = await Promise.all([owner.privateKey, undefined].map(async privateKey => await libp2pNode({ privateKey, start: false })))
  const [asking, answering] = nodes as [typeof nodes[0] & {}, typeof nodes[0] & {}]
  nodes.forEach(node => { node.services.stash.serve(handler) })

  try {
    await Promise.all(nodes.map(async node => { await node.start() }))
    const met = pEvent(asking.services.stash as never, 'peer:connect')
    await asking.dial(answering.getMultiaddrs())
    await met

    const before = process.memoryUsage.rss()
    let peak = before
    const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()) }, 5)

    try {
      const { self } = answering.services.stash
      expect(await asking.services.stash.ask(self, storeRequest(sealed, placement))).toEqual({ type: 'stored' })
      const found = await asking.services.stash.ask(self, { type: 'fetch', whole: true })
      expect(Buffer.compare(kept[0] as Uint8Array, sealed.body)).toBe(0)
      expect(found.type === 'found' && found.body != null && Buffer.compare(found.body, sealed.body)).toBe(0)
    } finally {
      clearInterval(watch)
    }

    // two bodies were received; the rest is windows, encrypted frames, and what the collector has not fetched yet
    expect((peak - before) / MEBIBYTE).toBeLessThan(2 * SIZE / MEBIBYTE + 96)
  } finally {
    await Promise.all(nodes.map(async node => { await node.stop() }))
  }
}, 60_000)
