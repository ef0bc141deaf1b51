import type { Listener } from '@libp2p/interface'
import type { Server, Socket } from 'node:net'

/**
 * Lets a listener of @libp2p/tcp take connections from link-local addresses of IPv6: Node gives these with their zone (`fe80::1%eth0`), which is no address to
 * the library, and it hangs up.
 */
export function acceptZones (listener: Listener): Listener {
  const { server } = listener as { server?: Server }

  server?.prependListener('connection', (socket: Socket) => {
    const [address, zone] = socket.remoteAddress?.split('%') ?? []

    if (zone != null) {
      Object.defineProperty(socket, 'remoteAddress', { value: address })
    }
  })

  return listener
}
