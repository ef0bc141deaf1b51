import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { Libp2pStashNetwork } from '../src/libp2p-network.ts'
import type { Libp2pStashNetworkComponents, Libp2pStashNetworkInit } from '../src/libp2p-network.ts'
import type { Identify } from '@libp2p/identify'
import type { Libp2p, Metrics, PrivateKey } from '@libp2p/interface'

export type TestNode = Libp2p<{ identify: Identify, stash: Libp2pStashNetwork }>

export interface TestNodeInit extends Libp2pStashNetworkInit {
  privateKey?: PrivateKey
  start?: boolean
  metrics?: Metrics
}

/** A libp2p node on 127.0.0.1 that speaks the stash protocol over TCP, Noise and Yamux. */
export async function libp2pNode ({ privateKey, metrics, start = true, ...init }: TestNodeInit = {}): Promise<TestNode> {
  return await createLibp2p({
    ...(privateKey != null && { privateKey }),
    start,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 2 << 20 } })],
    connectionManager: { inboundConnectionThreshold: 1_000 },
    services: {
      identify: identify(),
      stash: ({ peerId, registrar, connectionManager, addressManager, logger }: Libp2pStashNetworkComponents) =>
        new Libp2pStashNetwork({ peerId, registrar, connectionManager, addressManager, logger, metrics }, init)
    }
  }) as unknown as TestNode
}
