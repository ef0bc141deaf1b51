import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/**
 * A TCP hop on 127.0.0.1 whose cable can be cut: from then on nothing comes through, not even that a side has closed, as after
 * a power cut.
 */
export class CutProxy {
  private readonly server: Server
  private readonly sockets: Socket[] = []

  private constructor (target: number) {
    this.server = createServer({ allowHalfOpen: true }, near => {
      const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })

      for (const [from, to] of [[near, far], [far, near]] as const) {
        this.sockets.push(from)
        from.on('error', () => {})
        from.on('end', () => { to.end() })
        from.on('data', chunk => { to.write(chunk) })
      }
    })
  }

  static async to (target: number): Promise<CutProxy> {
    const proxy = new CutProxy(target)
    proxy.server.listen(0, '127.0.0.1')
    await once(proxy.server, 'listening')

    return proxy
  }

  get port (): number {
    return (this.server.address() as AddressInfo).port
  }

  cut (): void {
    this.sockets.forEach(socket => {
      socket.removeAllListeners('end')
      socket.removeAllListeners('data')
      // read on, or the end of one side would be heard when its socket is full
      socket.resume()
    })
  }

  stop (): void {
    this.sockets.forEach(socket => { socket.destroy() })
    this.server.close()
  }
}
