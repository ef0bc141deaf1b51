import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import type { Socket } from 'node:net'

/**
 * What is sent over TCP within one turn of the event loop leaves as whole segments. Noise gives length prefix and
 * ciphertext apart, yamux opens a stream in one frame and sends in another, and without Nagle's delay each write is a
 * packet of its own: 2 bytes and 66 bytes of headers.
 *
 * @param create - of a transport whose connections have a Node socket
 */
export function wholeSegments <Components> (create: (components: Components) => Transport): (components: Components) => Transport {
  return components => {
    const transport = create(components)
    const dial = transport.dial.bind(transport)
    const createListener = transport.createListener.bind(transport)

    transport.dial = async (address, options) => await dial(address, { ...options, upgrader: gathering(options.upgrader) })
    transport.createListener = options => createListener({ ...options, upgrader: gathering(options.upgrader) })

    return transport
  }
}

function gathering (upgrader: Upgrader): Upgrader {
  return new Proxy(upgrader, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)

      if (typeof value !== 'function') {
        return value
      }

      return (...args: unknown[]): unknown => {
        if (name === 'upgradeInbound' || name === 'upgradeOutbound') {
          gather((args[0] as MultiaddrConnection & { socket?: Socket }).socket)
        }

        return Reflect.apply(value, target, args)
      }
    }
  })
}

/** Holds back what is written until what runs now, with all that it resolves, has come to its end. */
function gather (socket: Socket | undefined): void {
  if (socket == null) {
    return
  }

  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean

  socket.write = (...args: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork()
      // `process.nextTick` runs once no microtask is left, if one of them asks for it
      queueMicrotask(() => { process.nextTick(() => { socket.uncork() }) })
    }

    return write(...args)
  }
}
