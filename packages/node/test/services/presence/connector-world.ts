import { seededRandom, VirtualClock } from '@nara-stash/testing'
import { Connector } from '../../../src/services/presence/connector.ts'
import { PeerDirectory } from '../../../src/services/presence/peer-directory.ts'

export interface Surroundings {
  seed?: number
  minConnections?: number
  wanted?: () => readonly string[]
  admits?: (peer: string) => boolean
  /** What a dial comes to; by default it connects after 10 ms. */
  dial?: (peer: string, world: World) => Promise<void>
}

/** A connector among peers that are there to be dialled. */
export class World {
  readonly clock = new VirtualClock()
  readonly directory = new PeerDirectory(this.clock)
  readonly connected = new Set<string>()
  readonly dials: Array<{ peer: string, at: number }> = []
  readonly unreachable: string[] = []
  readonly connector: Connector
  atOnce = 0
  mostAtOnce = 0

  constructor ({ seed = 1, minConnections = 4, wanted = () => [], admits = () => true, dial = connects }: Surroundings = {}) {
    this.connector = new Connector({
      network: { self: 'self', peers: () => [...this.connected].map(id => ({ id, connection: '', since: 0 })) },
      dialler: {
        dial: async peer => {
          this.dials.push({ peer, at: this.clock.now() })
          this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce)

          try {
            await dial(peer, this)
          } finally {
            this.atOnce--
          }
        }
      },
      directory: this.directory,
      clock: this.clock,
      random: seededRandom(seed),
      minConnections,
      admits,
      wanted,
      onUnreachable: (peer, addresses, why) => { this.unreachable.push(`${peer} at ${addresses.join()}: ${why}`) }
    })
  }

  know (count: number): void {
    for (let i = 0; i < count; i++) {
      this.directory.met(`peer ${i}`)
      this.directory.located(`peer ${i}`, ['address'])
    }
  }

  wait (ms: number): Promise<void> {
    return new Promise(resolve => { this.clock.setTimer(resolve, ms) })
  }

  timesOf (peer: string): number[] {
    return this.dials.filter(dial => dial.peer === peer).map(({ at }) => at)
  }
}

export async function connects (peer: string, world: World): Promise<void> {
  await world.wait(10)
  world.connected.add(peer)
}

export async function fails (_: string, world: World): Promise<void> {
  await world.wait(10)
  throw new Error('nobody there')
}
