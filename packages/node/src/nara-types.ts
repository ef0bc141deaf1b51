import type { Stash, StashInit } from './api.ts'
import type { Soul } from '@nara-stash/crypto'
import type { Startable } from '@libp2p/interface'
import type { Libp2p } from 'libp2p'

export interface NaraOptions extends StashInit {
  /** Multiaddrs to listen on. A machine without IPv6 listens on the others. @default ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'] */
  listen?: readonly string[]

  /** Where a port to listen on is taken, take one of the nine after it, or else any that is free. @default false, which fails */
  anotherPort?: boolean

  /** Multiaddrs of ours that only the user knows, such as the outside of a router; those of the interfaces are known anyway. */
  announce?: readonly string[]

  /** Multiaddrs, with `/p2p/`, of peers to meet the others through. */
  bootstrap?: readonly string[]

  /** Find peers on the local network. @default true */
  mdns?: boolean

  /** Keeps the discovery of networks apart that share a LAN. @default 'nara' */
  network?: string

  /** A libp2p private-network key (the file's content): only who has it can connect. */
  psk?: Uint8Array

  /** @default true */
  start?: boolean
}

/** Whether peers on the local network can be found, and if not, why. */
export interface MdnsStatus {
  working: boolean
  /** Why nobody can be found, for people: on no interface does it work. */
  problem?: string
  interfaces: Array<{
    name: string
    family: 'IPv4' | 'IPv6'
    /** Why it does not work on this one, for people. */
    problem?: string
  }>
}

export interface LocalDiscovery {
  status(): MdnsStatus
  /** It cannot find anybody, or can again. */
  addEventListener(type: 'status', listener: (event: CustomEvent<MdnsStatus>) => void): void
}

/** A whole node: transports, discovery, presence and the stash. */
export interface Nara extends Startable {
  /** The nara's peer id, base58. */
  readonly peerId: string
  readonly name: string
  /** The one thing worth keeping. */
  readonly soul: Soul
  /** Full multiaddrs with `/p2p/`, as others are told them: those worth most to them first, loopback only where there is nothing else. */
  readonly addresses: string[]
  /** Multiaddrs that it listens on, with their ports: `/ip4/0.0.0.0/tcp/6272` stands for all interfaces. Empty while it does not run. */
  readonly listening: readonly string[]
  readonly libp2p: Libp2p
  readonly stash: Stash
  /** Finds peers on the local network; undefined with `mdns: false`. */
  readonly mdns: LocalDiscovery | undefined
}
