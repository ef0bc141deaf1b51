import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'

export const MDNS_PORT = 5353

/** RFC 6762, section 3. */
const GROUPS = { 4: '224.0.0.251', 6: 'ff02::fb' } as const

const ANY = { 4: '0.0.0.0', 6: '::' } as const

/** RFC 6762, section 11. */
const HOPS = 255

/** What the system says (errno(3)), for people. */
const PROBLEMS: Record<string, string> = {
  EADDRINUSE: `another program keeps UDP port ${MDNS_PORT} to itself`,
  EACCES: `this user may not use UDP port ${MDNS_PORT}`,
  EPERM: 'a firewall of this machine forbids it',
  ENETUNREACH: 'there is no way out',
  EHOSTUNREACH: 'there is no way out',
  EADDRNOTAVAIL: 'it has no usable address yet',
  ENETDOWN: 'it is down',
  ENODEV: 'it cannot multicast'
}

export interface LinkInit {
  /** Of the interface. */
  name: string
  family: 4 | 6
  /** Its address in IPv4, by which the system knows which interface is meant. */
  address?: string
  onMessage(bytes: Uint8Array, from: RemoteInfo): void
}

/**
 * mDNS on one interface in one family. One socket for all would leave by the default route alone, if there is one, and
 * be heard on 20 interfaces at most (Linux' igmp_max_memberships).
 */
export class Link {
  readonly name: string
  readonly family: 4 | 6
  /** Why nothing can be sent or heard, for people. */
  problem: string | undefined
  private readonly init: LinkInit
  private socket: Socket | undefined

  constructor (init: LinkInit) {
    this.name = init.name
    this.family = init.family
    this.init = init
  }

  /** Resolves to whether it can be used. */
  async open (): Promise<boolean> {
    const { family, init } = this
    const socket = createSocket({ type: `udp${family}`, reuseAddr: true, ipv6Only: family === 6 })
    // as the system wants an interface named: by an address of its own in IPv4, by its name in IPv6
    const place = family === 4 ? init.address ?? '' : `::%${this.name}`

    this.socket = socket
    socket.on('message', init.onMessage)

    return await new Promise(resolve => {
      const fail = (err: unknown): void => {
        this.failed(err)
        this.close()
        resolve(false)
      }

      socket.on('error', fail)
      socket.bind({ port: MDNS_PORT, address: ANY[family], exclusive: true }, () => {
        try {
          socket.addMembership(GROUPS[family], place)
          socket.setMulticastInterface(place)
          socket.setMulticastTTL(HOPS)
          // other naras may be on this machine
          socket.setMulticastLoopback(true)
        } catch (err) {
          fail(err)
          return
        }

        this.problem = undefined
        resolve(true)
      })
    })
  }

  get isOpen (): boolean {
    return this.socket != null
  }

  /** Resolves to whether the system took it. */
  async send (bytes: Uint8Array): Promise<boolean> {
    const { family, name, socket } = this
    const group = family === 4 ? GROUPS[4] : `${GROUPS[6]}%${name}`

    return await new Promise(resolve => {
      if (socket == null) {
        resolve(false)
        return
      }

      socket.send(bytes, MDNS_PORT, group, err => {
        if (err == null) {
          this.problem = undefined
        } else {
          this.failed(err)
        }

        resolve(err == null)
      })
    })
  }

  close (): void {
    const { socket } = this
    this.socket = undefined

    try {
      socket?.close()
    } catch {
      // it never came to be
    }
  }

  private failed (err: unknown): void {
    const { code = '', message } = err as NodeJS.ErrnoException

    this.problem = PROBLEMS[code] ?? message
  }
}
