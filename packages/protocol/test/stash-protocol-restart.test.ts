import { identify } from '@libp2p/identify'
import { VirtualClock } from '@nara-stash/testing'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStashStore, stashProtocol } from '../src/index.ts'
import { CountedMetrics } from './counted-metrics.ts'
import { confidant, keeper, meet, nameOf, next, owner, ownerNode, parting, stopNodes, storing, whole } from './owner-and-confidant.ts'
import { until } from './wire/stream-pair.ts'

afterEach(stopNodes)

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
    expect(await home.services.stash.ask(nameOf(node.peerId), request)).toMatchObject({ type: 'have' })
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

describe('stashProtocol() on a host that fails to start', () => {
  it('has stopped once the host has', async () => {
    const clock = new VirtualClock()
    const steps: string[] = []
    const held = Object.assign(new MemoryStashStore(), {
      open: async () => {
        steps.push('open')
        await new Promise(resolve => { setTimeout(resolve, 100) })
      },
      stamp: async () => {},
      close: async () => { steps.push('close') }
    })
    const broken = { start: async () => { throw new Error('broken') } }

    await expect(createLibp2p({ services: { identify: identify(), stash: stashProtocol({ held, clock }), broken: () => ({ ...broken, stop: () => {} }) } })).rejects.toThrow('broken')
    expect(steps).toStrictEqual(['open', 'close'])
    await new Promise(resolve => { setTimeout(resolve, 200) })
    expect(clock.pending).toBe(0)
  })
})
