import { Link } from './link.ts'
import type { InterfaceAddress } from '../interfaces.ts'
import type { RemoteInfo } from 'node:dgram'

/** Interfaces and families in use at once: a host with hundreds of containers needs no more, and each takes a socket. */
const MAX_LINKS = 128

export interface LinksInit {
  onMessage(bytes: Uint8Array, from: RemoteInfo): void
  /** It can be used from here on. */
  onOpen(link: Link): void
  onClosed(link: Link): void
}

/** One link for each interface and family that can be used; follows those that come and go. */
export class Links {
  private readonly init: LinksInit
  private readonly links = new Map<string, Link>()

  constructor (init: LinksInit) {
    this.init = init
  }

  get all (): Link[] {
    return [...this.links.values()]
  }

  /** Opens what is missing, what failed before too, and closes what is gone. */
  follow (addresses: readonly InterfaceAddress[]): void {
    const wanted = new Map(usable(addresses).slice(0, MAX_LINKS))

    for (const [key, link] of this.links) {
      if (!wanted.has(key)) {
        this.links.delete(key)
        this.init.onClosed(link)
        link.close()
      }
    }

    for (const [key, { name, family, address }] of wanted) {
      const link = this.links.get(key) ?? new Link({ name, family, address, onMessage: this.init.onMessage })

      this.links.set(key, link)

      if (!link.isOpen) {
        void link.open().then(isOpen => {
          // it may be gone, or everything be stopped, by now
          if (isOpen && this.links.get(key) === link) {
            this.init.onOpen(link)
          } else {
            link.close()
          }
        })
      }
    }
  }

  close (): void {
    this.links.forEach(link => { link.close() })
    this.links.clear()
  }
}

/** Each interface in each family in which it has an address. Loopback only where there is nothing else: whoever is on this machine is heard on the others, too. */
function usable (addresses: readonly InterfaceAddress[]): Array<[key: string, address: InterfaceAddress]> {
  const beyond = addresses.filter(({ internal }) => !internal)
  const links = new Map<string, InterfaceAddress>()

  for (const address of beyond.length > 0 ? beyond : addresses) {
    const { name, family } = address

    if (![...links.values()].some(link => link.name === name && link.family === family)) {
      // in IPv4 the address is how the interface is named: another one needs another membership
      links.set(family === 4 ? `${name} ${address.address}` : `${name} 6`, address)
    }
  }

  return [...links]
}
