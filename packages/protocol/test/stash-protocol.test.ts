import { randomBytes } from 'node:crypto'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { VirtualClock, sealedPlacement, sealedRecord } from '@nara-stash/testing'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { pEvent } from 'p-event'
import { afterEach, describe, expect, it } from 'vitest'
import { capacityOf, proofOf, stashProtocol, systemClock } from '../src/index.ts'
import { DEFAULT_MAX_STASH, LARGEST_MAX_STASH } from '../src/constants.ts'
import { CountedMetrics } from './counted-metrics.ts'
import { libp2pNode } from './libp2p-node.ts'
import { confidant, keeper, meet, nameOf, next, nodes, owner, ownerNode, parting, stopNodes, storing, whole } from './owner-and-confidant.ts'
import { until } from './wire/stream-pair.ts'
import type { RequestHandler, StashProtocolInit } from '../src/index.ts'

afterEach(stopNodes)

describe('stashProtocol()', () => {
  it('and identify() make a node a confidant', async () => {
    const node = await confidant()
    const home = await ownerNode()
    await meet(home, node)
    const { stash } = node.services
    expect([stash.storedCount, stash.storedBytes, stash.list(), stash.hasStashFor(owner.id)]).toEqual([0, 0, [], false])

    const { body, ...head } = await storing(100_000)
    const stored = next(node, 'held:stored')
    expect(await home.services.stash.ask(nameOf(node.peerId), { ...head, body })).toMatchObject({ type: 'stored' })
    expect(await stored).toMatchObject({ record: { id: head.record.id }, from: owner.id })
    expect([stash.storedCount, stash.storedBytes, stash.hasStashFor(owner.id), stash.hasStashFor(keeper.id)]).toEqual([1, 100_000, true, false])
    expect(stash.list()).toMatchObject([{ record: { id: head.record.id }, placement: { id: head.placement.id }, direct: true }])

    const fetched = next(node, 'held:fetched')
    expect(await home.services.stash.ask(nameOf(node.peerId), whole)).toMatchObject({ type: 'found', body })
    expect(await fetched).toMatchObject({ owner: owner.id, whole: true })
  })

  it('says so when its disk is full', async () => {
    const datastore = new MemoryDatastore()
    datastore.put = () => { throw new Error('ENOSPC: no space left on device, write') }
    const node = await confidant({ datastore })
    const home = await ownerNode()
    await meet(home, node)
    const failed = next(node, 'held:failed')

    expect(await home.services.stash.ask(nameOf(node.peerId), await storing())).toMatchObject({ type: 'refused', reason: 'over quota' })
    expect(await failed).toMatchObject({ owner: owner.id, why: expect.stringContaining('ENOSPC') as string })
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
    expect(await stash.ask(id, { ...head, ...tombstone })).toMatchObject({ type: 'stored' })
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
