import { VirtualClock } from '@nara-stash/testing'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { DIAL_TIMEOUT } from '../../src/constants.ts'
import { Listening } from '../../src/host/listening.ts'
import { DialRaces } from '../../src/host/racing-tcp.ts'
import type { Connection, DialTransportOptions, Transport } from '@libp2p/interface'

const peer = '12D3KooWRm8J3iL796zPFi2EtGGtUJn58AG67gcqzMFHZnnsTzqD'
const at = (port: number): string => `/ip4/10.0.0.1/tcp/${port}/p2p/${peer}`

/** Dials as libp2p's queue does: the gater is asked for all, then the transport is given one after the other. */
class Queue {
  readonly clock = new VirtualClock()
  readonly dialled: string[] = []
  readonly races = new DialRaces({ clock: this.clock, interfaces: () => [], listening: new Listening(false), denies: () => false })
  private readonly transport = this.races.transport(() => this.tcp())({})

  /** @param answers - where the peer is */
  constructor (private readonly answers: () => number | undefined) {}

  gate (...ports: number[]): void {
    ports.forEach(port => { this.races.denyDialMultiaddr(multiaddr(at(port))) })
  }

  async dial (port: number, signal = new AbortController().signal): Promise<string> {
    const dialling = this.transport.dial(multiaddr(at(port)), { signal, upgrader: {} } as DialTransportOptions)
      .then(connection => connection as unknown as string, (error: unknown) => (error as Error).message)

    await this.clock.advance(DIAL_TIMEOUT - 500)

    return await dialling
  }

  private tcp (): Transport {
    return {
      dial: async (address, { signal }) => {
        const port = Number(address.toString().split('/')[4])
        this.dialled.push(`${port}`)

        return port === this.answers()
          ? `connected to ${port}` as unknown as Connection
          : await new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) })
      }
    } as Partial<Transport> as Transport
  }
}

describe('the dials of libp2p', () => {
  it('are one race, and its outcome is told for each address', async () => {
    const queue = new Queue(() => undefined)
    queue.gate(1, 2)

    expect(await queue.dial(1)).toBe('no answer in time')
    expect(await queue.dial(2)).toBe('no answer in time')
    expect(queue.dialled).toEqual(['1', '2'])
  })

  it('go anew in the next dial, whatever became of the one before', async () => {
    let good: number | undefined
    const queue = new Queue(() => good)
    queue.gate(1, 2)
    await queue.dial(1)
    good = 2
    queue.gate(1, 2)

    expect(await queue.dial(1)).toBe('connected to 2')
  })

  it('know nothing of one that was broken off, or only asked about', async () => {
    const queue = new Queue(() => undefined)
    queue.gate(1)
    await queue.dial(1, AbortSignal.abort(new Error('stop')))
    queue.gate(2)
    await queue.clock.advance(DIAL_TIMEOUT + 1)
    queue.gate(3)

    await queue.dial(3)
    expect(queue.dialled).toEqual(['3'])
  })

  it('take no reason from a race that is long over', async () => {
    const queue = new Queue(() => undefined)
    queue.gate(1, 2)
    await queue.dial(1)
    await queue.clock.advance(DIAL_TIMEOUT)
    await queue.dial(2)

    expect(queue.dialled).toEqual(['1', '2', '2'])
  })
})
