import { connect, createServer } from 'node:net'
import { VirtualClock } from '@nara-stash/testing'
import { multiaddr } from '@multiformats/multiaddr'
import { pEvent } from 'p-event'
import { describe, expect, it } from 'vitest'
import { libp2pNode } from '../libp2p-node.ts'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Connection } from '@libp2p/interface'

/** A TCP proxy that can stop passing bytes on without closing anything, like a power cut. */
class Wire {
  readonly #server: Server
  readonly #sockets: Socket[] = []

  constructor (port: number) {
    this.#server = createServer(near => {
      const far = connect(port, '127.0.0.1')
      near.pipe(far).pipe(near)
      near.on('error', () => {})
      far.on('error', () => {})
      this.#sockets.push(near, far)
    })
  }

  async listen (): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await pEvent(this.#server, 'listening')

    return (this.#server.address() as AddressInfo).port
  }

  cut (): void {
    for (const socket of this.#sockets) {
      socket.unpipe()
      socket.pause()
    }
  }

  close (): void {
    this.#sockets.forEach(socket => { socket.destroy() })
    this.#server.close()
  }
}

interface Scene {
  clock: VirtualClock
  a: Awaited<ReturnType<typeof libp2pNode>>
  b: Awaited<ReturnType<typeof libp2pNode>>
  /** What the connection runs through. */
  wire: Wire
  through: Connection
}

/** A node that is connected to another through a wire that can be cut. */
async function connected (act: (scene: Scene) => Promise<void>): Promise<void> {
  const clock = new VirtualClock()
  const [a, b] = await Promise.all([libp2pNode({ clock }), libp2pNode()])
  b.services.stash.serve(async () => ({ type: 'not-found' }))
  const port = b.getMultiaddrs()[0]?.getComponents().find(component => component.name === 'tcp')?.value
  const wire = new Wire(Number(port))

  try {
    const met = pEvent(a.services.stash as never, 'peer:connect')
    const through = await a.dial(multiaddr(`/ip4/127.0.0.1/tcp/${await wire.listen()}/p2p/${b.services.stash.self}`))
    await met
    await act({ clock, a, b, wire, through })
  } finally {
    await Promise.all([a.stop(), b.stop()])
    wire.close()
  }
}

describe('probe', () => {
  it('aborts an older connection that is silent and keeps the newest', async () => {
    await connected(async ({ clock, a, b, wire, through: older }) => {
      const again = pEvent(a.services.stash as never, 'peer:connect')
      const newest = await a.dial(b.getMultiaddrs(), { force: true })
      await again

      // both live: nothing happens
      await a.services.stash.probe(b.services.stash.self)
      expect([older.status, newest.status]).toEqual(['open', 'open'])

      wire.cut()
      await clock.outcome(a.services.stash.probe(b.services.stash.self), { within: 5_000 })
      expect([older.status, newest.status]).toEqual(['aborted', 'open'])
      expect(a.services.stash.peers()).toMatchObject([{ connection: newest.id }])
    })
  })

  it('aborts the newest as well if it is silent and that is asked for', async () => {
    await connected(async ({ clock, a, b, wire, through: only }) => {
      await a.services.stash.probe(b.services.stash.self, { newest: true })
      expect(only.status).toBe('open')

      wire.cut()
      await a.services.stash.probe(b.services.stash.self)
      expect(only.status).toBe('open')
      await clock.outcome(a.services.stash.probe(b.services.stash.self, { newest: true }), { within: 5_000 })
      expect(only.status).toBe('aborted')
      expect(a.services.stash.peers()).toEqual([])
    })
  })
})
