import { randomBytes } from 'node:crypto'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { VirtualClock, sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { pEvent } from 'p-event'
import { afterEach, describe, expect, it } from 'vitest'
import { capacityOf, proofOf, stashProtocol, systemClock } from '../src/index.ts'
import { DEFAULT_MAX_STASH, LARGEST_MAX_STASH } from '../src/constants.ts'
import { confidantNode } from './confidant-node.ts'
import { CountedMetrics } from './counted-metrics.ts'
import { libp2pNode } from './libp2p-node.ts'
import { until } from './wire/stream-pair.ts'
import type { ConfidantNode } from './confidant-node.ts'
import type { TestNode } from './libp2p-node.ts'
import type { ConfidantEvents, RequestHandler, StashProtocolInit, StoreRequest } from '../src/index.ts'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

const owner = testKey(1)
const keeper = testKey(2)
const whole = { type: 'fetch' as const, whole: true }
const nodes: Libp2p[] = []

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(async node => { await node.stop() }))
})

async function confidant (init?: StashProtocolInit, options?: Libp2pOptions): Promise<ConfidantNode> {
  const node = await confidantNode(init, options)
  nodes.push(node)

  return node
}

/** A process of the owner; without a handler it says HAVE to every offer. */
async function ownerNode (handler: RequestHandler = async () => ({ type: 'have' })): Promise<TestNode> {
  const node = await libp2pNode({ privateKey: owner.privateKey, start: false })
  nodes.push(node)
  node.services.stash.serve(handler)
  await node.start()

  return node
}

/** Connects the owner to a node and waits until it knows that this is a confidant. */
async function meet (home: TestNode, node: ConfidantNode): Promise<void> {
  const met = pEvent(home.services.stash as never, 'peer:connect')
  await home.dial(node.getMultiaddrs())
  await met
}

async function storing (bytes = 100, seq = 1): Promise<StoreRequest> {
  return storeRequest(await sealedRecord({ key: owner, seq, body: new Uint8Array(randomBytes(bytes)) }), await sealedPlacement(owner, { holders: [keeper.id] }))
}

/** Resolves when the node notices that it is connected no more. */
async function parting (node: Libp2p): Promise<void> {
  await pEvent(node as never, 'peer:disconnect')
}

const nameOf = (peer: PeerId): string => peer.toString()

/** The detail of the next event. */
async function next <T extends keyof ConfidantEvents> (node: ConfidantNode, type: T): Promise<ConfidantEvents[T]['detail']> {
  return ((await pEvent(node.services.stash as never, type)) as ConfidantEvents[T]).detail
}

describe('stashProtocol()', () => {
  it('and identify() make a node a confidant', async () => {
    const node = await confidant()
    const home = await ownerNode()
    await meet(home, node)
    const { stash } = node.services
    expect([stash.storedCount, stash.storedBytes, stash.list(), stash.hasStashFor(owner.id)]).toEqual([0, 0, [], false])

    const { body, ...head } = await storing(100_000)
    const stored = next(node, 'held:stored')
    expect(await home.services.stash.ask(nameOf(node.peerId), { ...head, body })).toEqual({ type: 'stored' })
    expect(await stored).toMatchObject({ record: { id: head.record.id }, from: owner.id })
    expect([stash.storedCount, stash.storedBytes, stash.hasStashFor(owner.id), stash.hasStashFor(keeper.id)]).toEqual([1, 100_000, true, false])
    expect(stash.list()).toMatchObject([{ record: { id: head.record.id }, placement: { id: head.placement.id }, direct: true }])

    const fetched = next(node, 'held:fetched')
    expect(await home.services.stash.ask(nameOf(node.peerId), whole)).toMatchObject({ type: 'found', body })
    expect(await fetched).toMatchObject({ owner: owner.id, whole: true })
  })

  it('brings an owner that connects what is held for it', async () => {
    const node = await confidant()
    const home = await ownerNode()
    await meet(home, node)
    const request = await storing(100_000)
    await home.services.stash.ask(nameOf(node.peerId), request)
    await Promise.all([parting(node), home.stop()])

    const brought = Promise.withResolvers<Uint8Array>()
    const back = await ownerNode(async () => ({
      type: 'wanted',
      receive: async body => {
        brought.resolve(body)
        return { type: 'stored' }
      },
      abandon: () => {}
    }))
    const pushed = next(node, 'held:pushed')
    await node.dial(back.getMultiaddrs())

    expect(await brought.promise).toEqual(request.body)
    expect(await pushed).toMatchObject({ owner: owner.id, record: { id: request.record.id }, outcome: 'stored' })
  })

  it('proves to its owner that it has the body, bears witness, and forgets when it is told to', async () => {
    const node = await confidant()
    const home = await ownerNode()
    await meet(home, node)
    const { stash } = home.services
    const id = nameOf(node.peerId)
    const { body, ...head } = await storing(3_000_000 / 4)
    await stash.ask(id, { ...head, body })
    const { record } = head
    const nonce = new Uint8Array(randomBytes(32))
    const challenge = { type: 'challenge' as const, owner: owner.id, recordId: record.id, nonce }

    expect(await stash.ask(id, challenge)).toEqual({
      type: 'proof', proof: await proofOf({ nonce, prover: id, recordId: record.id, body }, systemClock), leaving: false
    })
    expect(await stash.ask(id, challenge)).toMatchObject({ type: 'busy' })
    expect(await stash.ask(id, { type: 'witness' })).toEqual({ type: 'witnessed', record })
    expect(await stash.ask(id, { type: 'release', owner: owner.id, recordId: '00'.repeat(32), reason: 'trimmed' })).toEqual({ type: 'not-found' })
    expect(node.services.stash.storedCount).toBe(1)

    const tombstone = await sealedRecord({ key: owner, seq: 2, body: null })
    const forgotten = next(node, 'held:forgotten')
    expect(await stash.ask(id, { ...head, ...tombstone })).toEqual({ type: 'stored' })
    expect(await forgotten).toMatchObject({ owner: owner.id, record: { id: tombstone.record.id } })
    expect(await stash.ask(id, whole)).toMatchObject({ type: 'found', record: { kind: 'tombstone' }, body: new Uint8Array() })
    expect(node.services.stash.storedCount).toBe(0)
  })

  it('ends a promise that is over, of an owner that is away', async () => {
    const clock = new VirtualClock()
    const node = await confidant({ clock })
    const home = await ownerNode()
    await meet(home, node)
    const shortly = { ...await storing(), placement: await sealedPlacement(owner, { holders: [keeper.id], leaseSeconds: 3_600 }) }
    await home.services.stash.ask(nameOf(node.peerId), shortly)
    // somebody else is here, so it is the owner that is away
    const other = await libp2pNode()
    nodes.push(other)
    const met = pEvent(node as never, 'peer:identify')
    await other.dial(node.getMultiaddrs())
    await met
    await Promise.all([parting(node), home.stop()])

    const dropped = next(node, 'held:dropped')
    await clock.advance(2 * 60 * 60_000)
    expect(await dropped).toEqual({ owner: owner.id, why: 'its lease ran out' })
  })

  it('pushes to an owner when told to', async () => {
    const node = await confidant()
    const answers: RequestHandler = async (_, { type }) => type === 'offer' ? { type: 'relieved' } : { type: 'not-found' }
    const home = await ownerNode(answers)
    await meet(home, node)
    const { stash } = node.services
    await expect(stash.pushTo(owner.id)).rejects.toMatchObject({ name: 'NotHeldError' })

    await home.services.stash.ask(nameOf(node.peerId), await storing())
    const dropped = next(node, 'held:dropped')
    expect(await stash.pushTo(owner.id)).toBe('relieved')
    expect(await dropped).toEqual({ owner: owner.id, why: 'relieved by its owner' })
    expect(stash.storedCount).toBe(0)

    await home.services.stash.ask(nameOf(node.peerId), await storing(100, 2))
    await Promise.all([parting(node), home.stop()])
    await expect(stash.pushTo(owner.id)).rejects.toMatchObject({ name: 'UnreachableError' })
    expect(stash.hasStashFor(owner.id)).toBe(true)
  })

  it('keeps to what it was told to give, and to whom', async () => {
    const node = await confidant({ memory: 'low', maxHeldBytes: 1_000, maxStash: 500, deny: [keeper.id] })
    expect(node.services.stash.capacity).toEqual({ stashes: 5, bytes: 1_000, maxStash: 500 })
    const home = await ownerNode()
    await meet(home, node)

    const refused = next(node, 'held:refused')
    expect(await home.services.stash.ask(nameOf(node.peerId), await storing(1_001))).toMatchObject({ type: 'refused', reason: 'over quota' })
    expect(await refused).toEqual({ owner: owner.id, from: owner.id, reason: 'over quota' })

    const strict = await confidant({ allow: [keeper.id] })
    await meet(home, strict)
    expect(await home.services.stash.ask(nameOf(strict.peerId), await storing())).toMatchObject({ type: 'refused', reason: 'not trusted' })
  })

  it('counts what it does for a host with metrics', async () => {
    const metrics = new CountedMetrics()
    const node = await confidant({ memory: 'low' }, { metrics: () => metrics.asMetrics() })
    const home = await ownerNode()
    await meet(home, node)
    await home.services.stash.ask(nameOf(node.peerId), await storing(100))
    await home.services.stash.ask(nameOf(node.peerId), whole)

    expect(await metrics.gauges.nara_stash_held?.()).toEqual({ stashes: 1, bytes: 100, stash_limit: 5, byte_limit: 16 * 2 ** 20 })
    expect(metrics.counters.nara_stash_holding_total).toEqual({ stored: 1, fetched: 1 })
    await until(() => metrics.counters.nara_stash_exchanges_total?.answer === 2)
  })

  it('says what it lacks, and that it is there twice', async () => {
    const options = { start: false, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] }

    await expect(createLibp2p({ ...options, services: { stash: stashProtocol() } }))
      .rejects.toMatchObject({ name: 'UnmetServiceDependenciesError', message: expect.stringContaining('@libp2p/identify') as string })

    const double = await createLibp2p({ ...options, services: { identify: identify(), one: stashProtocol(), other: stashProtocol() } })
    nodes.push(double)
    await expect(double.start()).rejects.toMatchObject({ name: 'AlreadyRegisteredError' })
  })
})

describe('stashProtocol() over a restart', () => {
  it('has what its datastore kept, for the very owner', async () => {
    const datastore = new MemoryDatastore()
    const identity = { privateKey: keeper.privateKey }
    const home = await ownerNode()
    const request = await storing(100_000)
    const first = await confidant({ datastore }, identity)
    await meet(home, first)
    await home.services.stash.ask(keeper.id, request)
    await Promise.all([parting(home), first.stop()])

    const second = await confidant({ datastore }, identity)
    expect(second.services.stash.list()).toMatchObject([{ record: { id: request.record.id }, direct: true }])
    await meet(home, second)
    expect(await home.services.stash.ask(keeper.id, whole)).toMatchObject({ type: 'found', body: request.body, direct: true })
  })

  it('tells of what its datastore lost', async () => {
    const datastore = new MemoryDatastore()
    const home = await ownerNode()
    const first = await confidant({ datastore })
    await meet(home, first)
    await home.services.stash.ask(nameOf(first.peerId), await storing(1_000))
    await first.stop()

    for await (const { key, value } of datastore.query({})) {
      await datastore.put(key, value.slice(0, -1))
    }

    const metrics = new CountedMetrics()
    const second = await confidant({ datastore }, { start: false, metrics: () => metrics.asMetrics() })
    const dropped = next(second, 'held:dropped')
    await second.start()

    expect((await dropped).why).toMatch(/damaged|unreadable/)
    expect(second.services.stash.storedCount).toBe(0)
    expect(metrics.counters.nara_stash_holding_total).toEqual({ dropped: 1 })
  })

  it('in RAM has it as long as the process lives', async () => {
    const node = await confidant()
    const home = await ownerNode()
    await meet(home, node)
    const request = await storing()
    await home.services.stash.ask(nameOf(node.peerId), request)
    await Promise.all([parting(home), node.stop()])

    await node.start()
    await meet(home, node)
    expect(await home.services.stash.ask(nameOf(node.peerId), whole)).toMatchObject({ type: 'found', body: request.body })
    expect(await home.services.stash.ask(nameOf(node.peerId), request)).toEqual({ type: 'have' })
  })
})

describe('stashProtocol(), stopping', () => {
  it('takes nothing more once the host begins to stop', async () => {
    const node = await confidant()
    const home = await ownerNode()
    await meet(home, node)
    node.services.stash.beforeStop()

    await expect(home.services.stash.ask(nameOf(node.peerId), await storing(100_000))).rejects.toMatchObject({ name: 'UnreachableError' })
    expect(node.services.stash.storedCount).toBe(0)
  })

  it('ends an offer that its owner leaves unanswered', async () => {
    const node = await confidant()
    const asked = Promise.withResolvers<void>()
    const home = await ownerNode(async () => {
      asked.resolve()
      return await new Promise<never>(() => {})
    })
    await meet(home, node)
    await home.services.stash.ask(nameOf(node.peerId), await storing())
    const pushing = expect(node.services.stash.pushTo(owner.id)).rejects.toMatchObject({ name: 'UnreachableError' })
    await asked.promise
    await node.stop()

    await pushing
  })
})

describe('stashProtocol(), stopped', () => {
  it('leaves no timer behind, not even for an offer that it meant to repeat', async () => {
    const clock = new VirtualClock()
    const node = await confidant({ clock })
    const home = await ownerNode(async () => { throw new Error('not ready') })
    await meet(home, node)
    await home.services.stash.ask(nameOf(node.peerId), await storing())
    await Promise.all([parting(node), home.stop()])
    const pushed = next(node, 'held:pushed')
    await node.dial((await ownerNode(async () => { throw new Error('not ready') })).getMultiaddrs())
    expect(await pushed).toMatchObject({ outcome: 'failed' })
    await until(() => clock.pending > 0)
    await node.stop()

    expect(clock.pending).toBe(0)
  })
})

describe('capacityOf', () => {
  it('is that of the memory mode, unless told otherwise', () => {
    expect(capacityOf({ memory: 'medium' })).toEqual({ stashes: 20, bytes: 64 * 2 ** 20, maxStash: DEFAULT_MAX_STASH })
    expect(capacityOf({ memory: 'high', maxHeldBytes: 0, maxStash: LARGEST_MAX_STASH })).toEqual({ stashes: 50, bytes: 0, maxStash: LARGEST_MAX_STASH })
    expect([5, 20, 50]).toContain(capacityOf({}).stashes)
  })

  it.each([
    [{ memory: 'huge' }, /^memory is "huge"; it must be one of low, medium, high$/],
    [{ memory: 'toString' }, /^memory is "toString"/],
    [{ maxStash: 0 }, /^maxStash is 0; it must be a whole number of bytes from 1 to 67108864$/],
    [{ maxStash: 1.5 }, /^maxStash is 1.5/],
    [{ maxStash: Number.NaN }, /^maxStash is NaN/],
    [{ maxStash: LARGEST_MAX_STASH + 1 }, /^maxStash is 67108865/],
    [{ maxHeldBytes: -1 }, /^maxHeldBytes is -1; it must be a whole number of bytes from 0/],
    [{ maxHeldBytes: Infinity }, /^maxHeldBytes is Infinity/]
  ])('takes no %j', (init, message) => {
    expect(() => capacityOf(init as StashProtocolInit)).toThrow(RangeError)
    expect(() => capacityOf(init as StashProtocolInit)).toThrow(message)
  })
})
