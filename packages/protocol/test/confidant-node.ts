import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { stashProtocol } from '../src/index.ts'
import type { StashProtocol, StashProtocolInit } from '../src/index.ts'
import type { Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

export type ConfidantNode = Libp2p<{ identify: Identify, stash: StashProtocol }>

/** A libp2p node on 127.0.0.1 whose services are identify and `stashProtocol()`, and nothing else. */
export async function confidantNode (init?: StashProtocolInit, options: Libp2pOptions = {}): Promise<ConfidantNode> {
  return await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 2 << 20 } })],
    connectionManager: { inboundConnectionThreshold: 1_000 },
    ...options,
    services: { identify: identify(), stash: stashProtocol(init) }
  }) as unknown as ConfidantNode
}
