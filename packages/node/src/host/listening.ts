import { multiaddr } from '@multiformats/multiaddr'
import { placeOf } from '../policy/reach.ts'
import type { Listener } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Ports after the wanted one that are tried before any free one: few enough to be opened in a firewall together. */
const MORE_PORTS = 9

/** What a machine says of all addresses of a family that it has not, or has switched off. The last two it also says of a single address that it lacks. */
const NO_FAMILY = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'])

/** Where a nara comes to listen: on the ports that it was told, or on others where these are taken. */
export class Listening {
  private readonly mayMove: boolean
  private readonly places: string[] = []
  /** libp2p takes for granted that all that kept it from IPv6 is that there is none. */
  private readonly failures: Error[] = []
  private turn: Promise<void> = Promise.resolve()
  private port: number | undefined

  /** @param mayMove - take another port where one is taken */
  constructor (mayMove: boolean) {
    this.mayMove = mayMove
  }

  /** The addresses that are listened on, with their ports; one for all interfaces stays one. */
  get addresses (): string[] {
    return [...this.places]
  }

  /** @throws {Error} something is not listened on, and its family is not what is missing */
  check (): void {
    const failures = this.failures.splice(0)

    if (failures.length > 0) {
      throw new AggregateError(failures, 'some addresses could not be listened on')
    }
  }

  /** Listens on one address after the other, so that both families come to the same port. */
  wrap (listener: Listener): Listener {
    const listen = listener.listen.bind(listener)
    const getAddrs = listener.getAddrs.bind(listener)
    let lastAddrs: Multiaddr[] = []

    // it looks at the interfaces, which takes a file descriptor: without a free one they are as they were
    listener.getAddrs = () => {
      try {
        lastAddrs = getAddrs()
      } catch {}

      return lastAddrs
    }
    listener.listen = async address => {
      const listening = this.turn.then(async () => { await this.listen({ listener, listen }, address) })

      this.turn = listening.catch(() => {})
      await listening
    }
    listener.addEventListener('close', () => { this.places.length = 0 })

    return listener
  }

  private async listen ({ listener, listen }: { listener: Listener, listen: Listener['listen'] }, address: Multiaddr): Promise<void> {
    for (const port of this.ports(placeOf(address.toString())?.port)) {
      try {
        await listen(withPort(address, port))

        const actual = placeOf(listener.getAddrs()[0]?.toString() ?? '')?.port

        this.port ??= actual
        this.places.push(withPort(address, actual).toString())

        return
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException

        if (code !== 'EADDRINUSE' || port == null || port === 0 || !this.mayMove) {
          if (!NO_FAMILY.has(code) || (code !== 'EAFNOSUPPORT' && !isForAll(address))) {
            this.failures.push(error as Error)
          }

          throw error
        }
      }
    }
  }

  private ports (wanted: number | undefined): Array<number | undefined> {
    if (wanted == null || wanted === 0 || !this.mayMove) {
      return [wanted]
    }

    return [...new Set([this.port ?? wanted, ...Array.from({ length: MORE_PORTS + 1 }, (_, i) => wanted + i).filter(port => port <= 65_535), 0])]
  }
}

function isForAll (address: Multiaddr): boolean {
  return ['0.0.0.0', '::'].includes(placeOf(address.toString())?.host ?? '')
}

function withPort (address: Multiaddr, port: number | undefined): Multiaddr {
  return port == null ? address : multiaddr(address.toString().replace(/\/tcp\/\d+/, `/tcp/${port}`))
}
