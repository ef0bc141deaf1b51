import { beforeAll, describe, expect, it } from 'vitest'
import {
  exponential, int, pick, sealedPlacement, sealedRecord, seededRandom, SimNetwork, storeRequest, testKey, VirtualClock
} from '../../src/index.ts'
import type { SimPort } from '../../src/index.ts'
import type { StoreRequest } from '@nara-stash/protocol'

const PEERS = Array.from({ length: 8 }, (_, i) => `peer-${i}`)

let stores: StoreRequest[]

beforeAll(async () => {
  const placement = await sealedPlacement()

  stores = await Promise.all([100, 20_000, 200_000].map(async (length, i) =>
    storeRequest(await sealedRecord({ seq: i + 1, body: new Uint8Array(length) }), placement)))
})

/** Twenty minutes in which peers ask, announce, dial, die and return at random on bad wires, and all that each of them saw of it. */
async function trace (seed: number): Promise<string[]> {
  const lines: string[] = []
  const random = seededRandom(seed)
  const clock = new VirtualClock()
  const net = new SimNetwork({ clock, random, latency: [1, 300], loss: 0.05, bandwidth: 100_000 })
  const log = (peer: string, what: string): void => { lines.push(`${clock.now()} ${peer}: ${what}`) }

  const live = (peer: string): void => {
    const port = net.join(peer)
    port.addEventListener('peer:connect', ({ detail }) => { log(peer, `met ${detail.id} by ${detail.connection}`) })
    port.addEventListener('peer:disconnect', ({ detail }) => { log(peer, `lost ${detail.id}`) })
    port.onPresence((from) => {
      log(peer, `heard ${from}`)

      return 'accept'
    })
    port.serve(async (caller, request) => {
      log(peer, `${caller.peer} asks to ${request.type}`)

      if (request.type === 'fetch') {
        return { type: 'not-found' }
      }

      // real signing, as the code above the port does it
      const { record } = await sealedRecord({ key: testKey(3), seq: int(random, 1, 1_000) })
      log(peer, `sealed ${record.id}`)

      return {
        type: 'send',
        receive: async () => ({ type: 'stored' }),
        abandon: () => { log(peer, 'abandoned') }
      }
    })
    act(port)
  }

  const act = (port: SimPort): void => {
    port.clock.setTimer(() => {
      const peer = pick(random, PEERS)
      const chance = random.next()

      if (chance < 0.1) {
        const fall = chance < 0.05 ? 'kill' as const : 'crash' as const
        log(port.self, fall)
        net[fall](port)
        clock.setTimer(() => { live(port.self) }, exponential(random, 20_000))
      } else if (chance < 0.2) {
        void port.announce(random.bytes(8))
      } else {
        const deed = chance < 0.5 ? port.dial(peer) : port.ask(peer, chance < 0.7 ? { type: 'fetch', whole: true } : pick(random, stores))
        deed.then(answer => { log(port.self, answer?.type ?? 'dialled') }, (err: Error) => { log(port.self, err.message) })
      }

      act(port)
    }, exponential(random, 5_000))
  }

  PEERS.forEach(live)
  net.connectAll()
  clock.setTimer(() => { net.partition([PEERS.slice(0, 3)]) }, 300_000)
  clock.setTimer(() => { net.heal() }, 600_000)
  await clock.advance(1_200_000)

  return [...lines, JSON.stringify(net.stats.sent()), JSON.stringify(net.stats.received())]
}

describe('twenty simulated minutes', () => {
  it('go the same way for the same seed, and another way for another', async () => {
    const once = await trace(7)

    expect(await trace(7)).toEqual(once)
    expect(await trace(8)).not.toEqual(once)

    // they were eventful
    for (const event of ['met', 'lost', 'heard', ': kill', ': crash', 'abandoned', 'sealed', 'stored', 'not answer in time', 'broke']) {
      expect(once.some(line => line.includes(event)), event).toBe(true)
    }
  })
})
