/**
 * A libp2p host that finds others by mDNS: ours, or with `--library` @libp2p/mdns. Says on its standard output, a JSON a line, that it has
 * started, whom it finds, and with each line that it reads how its mDNS is.
 */
import { createInterface } from 'node:readline'
import { mdns as library } from '@libp2p/mdns'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { InterfaceWatcher } from '../../../src/host/interfaces.ts'
import { Mdns } from '../../../src/host/mdns/mdns.ts'
import { fastClock } from '../../libp2p/fast-clock.ts'

const service = '_nara-00000000._udp.local'
const interfaces = new InterfaceWatcher({ clock: fastClock })
let ours: Mdns | undefined

const node = await createLibp2p({
  start: false,
  addresses: { listen: ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'] },
  transports: [tcp()],
  peerDiscovery: [process.argv.includes('--library')
    ? library({ serviceTag: service })
    : components => {
        ours = new Mdns(components, { service, interfaces, clock: fastClock })
        ours.addEventListener('peer', ({ detail }) => { tell({ found: detail.id.toString(), at: detail.multiaddrs.map(String) }) })
        ours.addEventListener('status', ({ detail }) => { tell({ status: detail }) })

        return ours
      }]
})

function tell (line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

if (process.argv.includes('--library')) {
  node.addEventListener('peer:discovery', ({ detail }) => { tell({ found: detail.id.toString(), at: detail.multiaddrs.map(String) }) })
}

createInterface({ input: process.stdin })
  .on('line', () => { tell({ status: ours?.status() }) })
  .on('close', () => { void Promise.resolve(node.stop()).finally(() => { process.exit() }) })

interfaces.start()
await node.start()
tell({ peer: node.peerId.toString() })
