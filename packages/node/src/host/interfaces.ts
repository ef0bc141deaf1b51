import { networkInterfaces } from 'node:os'
import type { CancelTimer, Clock } from '@nara-stash/protocol'

/** An address of this machine. */
export interface InterfaceAddress {
  /** Of the interface, such as `eth0`. */
  name: string
  /** Without a zone. */
  address: string
  family: 4 | 6
  /** The address and the length of its prefix, such as `192.0.2.1/24`. */
  cidr: string
  /** Loopback. */
  internal: boolean
}

/** Between two looks at the interfaces: Node cannot be told of a change. One costs 0.1 ms. Milliseconds. */
const LOOK_INTERVAL = 5_000

/** The addresses of all interfaces that are up. */
export function interfaceAddresses (): InterfaceAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => addresses.map(({ address, family, cidr, internal }) => ({
    name, address, family: family === 'IPv6' ? 6 : 4, cidr: cidr ?? address, internal
  })))
}

export interface InterfaceWatcherInit {
  clock: Clock
  /** @default interfaceAddresses */
  list?: () => InterfaceAddress[]
}

/** Tells when addresses of this machine come or go. */
export class InterfaceWatcher {
  private readonly clock: Clock
  private readonly list: () => InterfaceAddress[]
  private readonly listeners = new Set<(addresses: readonly InterfaceAddress[]) => void>()
  private current: readonly InterfaceAddress[]
  private cancelTimer: CancelTimer | undefined

  constructor ({ clock, list = interfaceAddresses }: InterfaceWatcherInit) {
    this.clock = clock
    this.list = list
    this.current = []
    this.current = this.now()
  }

  /** As they were at the last look. */
  get addresses (): readonly InterfaceAddress[] {
    return this.current
  }

  onChange (listener: (addresses: readonly InterfaceAddress[]) => void): void {
    this.listeners.add(listener)
  }

  start (): void {
    this.current = this.now()
    this.schedule()
  }

  stop (): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }

  private look (): void {
    const before = this.current

    this.current = this.now()

    if (JSON.stringify(this.current) !== JSON.stringify(before)) {
      this.listeners.forEach(listener => { listener(this.current) })
    }

    this.schedule()
  }

  /** A system that cannot say, as one without a free file descriptor, has not changed. */
  private now (): readonly InterfaceAddress[] {
    try {
      return this.list()
    } catch {
      return this.current
    }
  }

  private schedule (): void {
    this.cancelTimer?.()
    this.cancelTimer = this.clock.setTimer(() => { this.look() }, LOOK_INTERVAL)
  }
}
