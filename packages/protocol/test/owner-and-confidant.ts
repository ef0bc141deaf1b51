import { randomBytes } from 'node:crypto'
import { sealedPlacement, sealedRecord, storeRequest, testKey } from '@nara-stash/testing'
import { pEvent } from 'p-event'
import { confidantNode } from './confidant-node.ts'
import { libp2pNode } from './libp2p-node.ts'
import type { ConfidantNode } from './confidant-node.ts'
import type { TestNode } from './libp2p-node.ts'
import type { ConfidantEvents, RequestHandler, StashProtocolInit, StoreRequest } from '../src/index.ts'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

export const owner = testKey(1)
export const keeper = testKey(2)
export const whole = { type: 'fetch' as const, whole: true }
/** Those that `stopNodes` stops. */
export const nodes: Libp2p[] = []

/** To be called after each test. */
export async function stopNodes (): Promise<void> {
  await Promise.all(nodes.splice(0).map(async node => { await node.stop() }))
}

/** A node whose services are identify and `stashProtocol()`, until the end of the test. */
export async function confidant (init?: StashProtocolInit, options?: Libp2pOptions): Promise<ConfidantNode> {
  const node = await confidantNode(init, options)
  nodes.push(node)

  return node
}

/** A process of the owner; without a handler it says HAVE to every offer. */
export async function ownerNode (handler: RequestHandler = async () => ({ type: 'have' })): Promise<TestNode> {
  const node = await libp2pNode({ privateKey: owner.privateKey, start: false })
  nodes.push(node)
  node.services.stash.serve(handler)
  await node.start()

  return node
}

/** Connects the owner to a node and waits until it knows that this is a confidant. */
export async function meet (home: TestNode, node: ConfidantNode): Promise<void> {
  const met = pEvent(home.services.stash as never, 'peer:connect')
  await home.dial(node.getMultiaddrs())
  await met
}

/** A STORE of a record with so many random bytes. */
export async function storing (bytes = 100, seq = 1): Promise<StoreRequest> {
  return storeRequest(await sealedRecord({ key: owner, seq, body: new Uint8Array(randomBytes(bytes)) }), await sealedPlacement(owner, { holders: [keeper.id] }))
}

/** Resolves when the node notices that it is connected no more. */
export async function parting (node: Libp2p): Promise<void> {
  await pEvent(node as never, 'peer:disconnect')
}

export const nameOf = (peer: PeerId): string => peer.toString()

/** The detail of the next event. */
export async function next <T extends keyof ConfidantEvents> (node: ConfidantNode, type: T): Promise<ConfidantEvents[T]['detail']> {
  return ((await pEvent(node.services.stash as never, type)) as ConfidantEvents[T]).detail
}
