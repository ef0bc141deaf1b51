import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import type { GossipSub, GossipSubComponents } from '@libp2p/gossipsub'
import type { Identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey, ServiceMap } from '@libp2p/interface'
import type { Libp2pOptions, ServiceFactoryMap } from 'libp2p'

/** A libp2p host such as a user would have: tcp, noise, yamux, identify, and what the test adds. */
export async function host <Services extends ServiceMap> ({ services, ...init }: {
  privateKey?: PrivateKey
  connectionMonitor?: Libp2pOptions['connectionMonitor']
  services: ServiceFactoryMap<Services>
}): Promise<Libp2p<Services & { identify: Identify }>> {
  const all = { identify: identify(), ...services } as unknown as ServiceFactoryMap<ServiceMap>

  return await createLibp2p({
    ...init,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // everybody in a test comes from one address
    connectionManager: { inboundConnectionThreshold: 1_000 },
    services: all
  }) as unknown as Libp2p<Services & { identify: Identify }>
}

/** gossipsub with its defaults, as a host may have it. */
export function presenceService (): (components: GossipSubComponents) => GossipSub {
  return gossipsub() as (components: GossipSubComponents) => GossipSub
}
