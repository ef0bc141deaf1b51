import { randomBytes } from 'node:crypto'
import { offerRequest, sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { pEvent } from 'p-event'
import { afterEach, describe, expect, it } from 'vitest'
import { STASH_PROTOCOL } from '../src/constants.ts'
import { Libp2pStashNetwork } from '../src/libp2p-network.ts'
import { until } from './wire/stream-pair.ts'
import { libp2pNode } from './libp2p-node.ts'
import type { Found, IncomingRequest, RequestHandler } from '../src/messages.ts'
import type { NetworkPeer } from '../src/network.ts'
import type { TestNode, TestNodeInit } from './libp2p-node.ts'
import type { Metrics } from '@libp2p/interface'

const owner = testKey(1)
const nodes: TestNode[] = []
const fetch = { type: 'fetch' as const, whole: true }
const notFound: RequestHandler = async () => ({ type: 'not-found' })

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(async node => { await node.stop() }))
})

async function node (handler: RequestHandler = notFound, init: TestNodeInit = {}): Promise<TestNode> {
  const created = await libp2pNode({ ...init, start: false })
  nodes.push(created)
  created.services.stash.serve(handler)
  await created.start()

  return created
}

const idOf = (node: TestNode): string => node.services.stash.self

/** Connects `a` to `b` and waits until each knows that the other speaks the protocol. */
async function meet (a: TestNode, b: TestNode): Promise<NetworkPeer[]> {
  const met = Promise.all([a, b].map(async ({ services }) => await pEvent(services.stash as never, 'peer:connect') as CustomEvent<NetworkPeer>))
  await a.dial(b.getMultiaddrs())

  return (await met).map(evt => evt.detail)
}

/** A handler that keeps what it gets. */
function keeping (kept: Uint8Array[]): RequestHandler {
  return async (_, request) => ({
    type: request.type === 'store' ? 'send' : 'wanted',
    receive: async body => {
      kept.push(body)
      return { type: 'stored' }
    },
    abandon: () => {}
  })
}

/** Metrics that note what is counted. */
function counting (): { counts: string[], metrics: Metrics } {
  const counts: string[] = []
  const group = { increment: (values: Record<string, unknown>) => { counts.push(...Object.keys(values)) } }

  return { counts, metrics: { registerCounterGroup: () => group } as unknown as Metrics }
}

describe('Libp2pStashNetwork', () => {
  it('carries every request between two nodes, with bodies inside and streamed', async () => {
    const placement = await sealedPlacement(owner)
    const kept: Uint8Array[] = []
    const seen: Array<[string, string | undefined, IncomingRequest['type']]> = []
    let found: Found | undefined
    const a = await node(notFound, { privateKey: owner.privateKey })
    const b = await node(async (caller, request) => {
      seen.push([caller.peer, caller.address, request.type])
      return request.type === 'fetch' ? found ?? { type: 'not-found' } : await keeping(kept)(caller, request)
    })
    await meet(a, b)

    for (const size of [100, 1_000_000]) {
      const sealed = await sealedRecord({ key: owner, body: new Uint8Array(randomBytes(size)) })
      found = { type: 'found', ...sealed, placement, liveHolders: [], leaseRemaining: 1, direct: true }

      expect(await a.services.stash.ask(idOf(b), storeRequest(sealed, placement))).toMatchObject({ type: 'stored' })
      expect(await a.services.stash.ask(idOf(b), offerRequest(sealed, placement))).toMatchObject({ type: 'stored' })
      expect(await a.services.stash.ask(idOf(b), fetch)).toEqual(found)
      expect(kept.splice(0)).toEqual([sealed.body, sealed.body])
    }

    expect(seen).toEqual(['store', 'offer', 'fetch', 'store', 'offer', 'fetch'].map(type => [idOf(a), '127.0.0.1', type]))
  })

  it('answers more requests at once than there may be streams, and leaves none open', async () => {
    const a = await node()
    const b = await node()
    await meet(a, b)

    const answers = await Promise.all(Array.from({ length: 200 }, async () => await a.services.stash.ask(idOf(b), fetch)))

    expect(answers).toEqual(answers.map(() => ({ type: 'not-found' })))
    const streams = [a, b].flatMap(each => each.getConnections()).flatMap(each => each.streams)
    expect(streams.filter(stream => stream.protocol === STASH_PROTOCOL)).toEqual([])
  })

  it('takes only its own record from a peer', async () => {
    const sealed = await sealedRecord({ key: testKey(2) })
    const found: Found = { type: 'found', ...sealed, placement: await sealedPlacement(testKey(2)), liveHolders: [], leaseRemaining: 1, direct: true }
    const a = await node()
    const b = await node(async () => found)
    await meet(a, b)

    await expect(a.services.stash.ask(idOf(b), fetch)).rejects.toMatchObject({ name: 'ProtocolViolationError' })
  })

  it('tells of each connection once, with its address, and of the last one that goes', async () => {
    const a = await node()
    const b = await node()
    const events: string[] = []
    a.services.stash.addEventListener('peer:connect', evt => { events.push(`+${evt.detail.connection}`) })
    a.services.stash.addEventListener('peer:disconnect', evt => { events.push(`-${evt.detail.id}`) })
    const [peer] = await meet(a, b)

    const dialled = b.getMultiaddrs()[0]?.toString().replace(/\/p2p\/.*/, '')
    expect(peer).toEqual({ id: idOf(b), connection: a.getConnections()[0]?.id, address: '127.0.0.1', dialled, since: expect.any(Number) as number })
    // the other side was dialled
    expect(b.services.stash.peers()[0]?.dialled).toBeUndefined()
    expect(a.services.stash.peers()).toEqual([peer])

    const again = pEvent(a.services.stash as never, 'peer:connect') as unknown as Promise<CustomEvent<NetworkPeer>>
    const second = await a.dial(b.getMultiaddrs(), { force: true })
    expect((await again).detail.connection).toBe(second.id)
    expect(a.services.stash.peers()).toMatchObject([{ id: idOf(b), connection: second.id }])

    // a second look by identify is not a second connection
    await a.services.identify.identify(second)
    await second.close()
    expect(a.services.stash.peers()).toEqual([peer])

    const gone = pEvent(a.services.stash as never, 'peer:disconnect')
    await a.hangUp(b.peerId)
    await gone
    expect(a.services.stash.peers()).toEqual([])
    expect(events).toEqual([`+${peer?.connection}`, `+${second.id}`, `-${idOf(b)}`])
  })

  it('rejects by name: not connected, given up, gone', async () => {
    const asked = Promise.withResolvers<void>()
    const a = await node()
    const b = await node(async () => {
      asked.resolve()
      return await new Promise(() => {})
    })

    await expect(a.services.stash.ask(idOf(b), fetch)).rejects.toMatchObject({ name: 'UnreachableError' })

    await meet(a, b)
    const controller = new AbortController()
    const given = a.services.stash.ask(idOf(b), fetch, { signal: controller.signal })
    await asked.promise
    controller.abort()
    await expect(given).rejects.toMatchObject({ name: 'AbortError' })

    const gone = a.services.stash.ask(idOf(b), fetch)
    await b.stop()
    await expect(gone).rejects.toMatchObject({ name: 'UnreachableError' })
  })

  it('stops amid a body without looking like a cheat', async () => {
    const placement = await sealedPlacement(owner)
    const sealed = await sealedRecord({ key: owner, body: new Uint8Array(16 << 20) })
    const outcome = Promise.withResolvers<string>()
    const called = Promise.withResolvers<void>()
    const { counts, metrics } = counting()
    const a = await node()
    const b = await node(async () => {
      called.resolve()
      return { type: 'send', receive: async () => { outcome.resolve('kept'); return { type: 'stored' } }, abandon: () => { outcome.resolve('abandoned') } }
    }, { metrics })
    await meet(a, b)
    const asking = a.services.stash.ask(idOf(b), storeRequest(sealed, placement))
    asking.catch(() => {})
    await called.promise
    await a.stop()

    await expect(asking).rejects.toMatchObject({ name: 'UnreachableError' })
    expect(await outcome.promise).toBe('abandoned')
    await until(() => counts.includes('answer'))
    expect(counts).not.toContain('violation')
  })

  it('shuts out a peer that goes on breaking the protocol, and no other', async () => {
    const { counts, metrics } = counting()
    const a = await node()
    const b = await node(notFound, { metrics })
    const c = await node()
    await meet(a, b)
    await meet(c, b)

    for (let i = 0; i < 3; i++) {
      const stream = await a.getConnections(b.peerId)[0]?.newStream(STASH_PROTOCOL)
      const closed = pEvent(stream as never, 'close')
      stream?.send(new Uint8Array([0]))
      await closed
    }

    await expect(a.services.stash.ask(idOf(b), fetch)).rejects.toMatchObject({ name: 'UnreachableError' })
    expect(await c.services.stash.ask(idOf(b), fetch)).toEqual({ type: 'not-found' })
    expect(counts.filter(name => name !== 'answer')).toEqual(['violation', 'violation', 'violation', 'shut_out'])
  })

  it('forgets a peer that no longer speaks the protocol', async () => {
    const a = await node()
    const b = await node()
    await meet(a, b)
    await b.services.stash.stop()
    const gone = pEvent(a.services.stash as never, 'peer:disconnect')

    await expect(a.services.stash.ask(idOf(b), fetch)).rejects.toMatchObject({ name: 'UnreachableError' })
    await gone
    expect(a.services.stash.peers()).toEqual([])
  })

  it('speaks the protocol once per node', async () => {
    const a = await node()
    const second = new Libp2pStashNetwork({
      peerId: a.peerId, registrar: (a as unknown as { components: { registrar: never } }).components.registrar,
      logger: a.logger, connectionManager: { getConnections: () => [] }, addressManager: { getAddresses: () => [] }
    })

    await expect(second.start()).rejects.toMatchObject({
      name: 'AlreadyRegisteredError', message: expect.stringMatching(/stash\(\).*stashProtocol\(\)/) as string
    })
  })

  it('asks over an older connection if the newest gives no stream', async () => {
    const a = await node()
    const b = await node()
    await meet(a, b)
    const again = pEvent(a.services.stash as never, 'peer:connect')
    const newest = await a.dial(b.getMultiaddrs(), { force: true })
    await again
    newest.newStream = async () => { throw new Error('no stream') }

    expect(await a.services.stash.ask(idOf(b), fetch)).toEqual({ type: 'not-found' })
  })
})
