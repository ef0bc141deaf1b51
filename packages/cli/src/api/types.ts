import type { ConfidantStatus, ForgetResult, Leave, MdnsStatus, PeerStatus, SetAsideStash, StashEvents, StashStatus, WriteResult } from '@nara-stash/node'

/** `GET /v1/status`, and `nara-stash status --json`. */
export interface DaemonStatus extends StashStatus {
  /** Full multiaddrs with `/p2p/`, dialable ones first. */
  addresses: string[]
  /** Versions that were not taken but stay readable, the latest first: `nara-stash get --set-aside 1`. `seq` is absent for a write that was never sealed. */
  setAside: Array<Omit<SetAsideStash, 'data' | 'timestamp'> & { bytes: number, updatedAt: string }>
  /** As set: addresses to listen on, the network's name, and the file with its private-network key, if it has one. */
  listen: string[]
  network: string
  pskFile: string | null
  /** Whether peers on the local network can be found, and if not, why; null with `--no-mdns`. */
  mdns: MdnsStatus | null
  /** Stash peers that are connected. */
  peers: number
  /** Largest stash, in bytes. */
  maxStash: number
  /** Of the daemon's process. */
  pid: number
  /** Absolute path of the socket that answered. */
  socket: string
  version: string
  /** Seconds since the daemon started. */
  uptime: number
}

/** `PUT /v1/stash`. */
export interface PutAnswer extends WriteResult {
  bytes: number
  /** Of the data, hex. */
  sha256: string
  /** Stash peers that were connected when the write ended. */
  peers: number
}

/** What `GET /v1/set-aside/1` tells in its header `nara-stash`. */
export type SetAsideAnswer = Pick<StashAnswer, 'bytes' | 'sha256' | 'updatedAt' | 'state'>

/** What `GET /v1/stash` tells in its header `nara-stash`. */
export interface StashAnswer {
  /** Decimal; null for a write that was never sealed. */
  seq: string | null
  bytes: number
  /** Of the data, hex. */
  sha256: string
  /** ISO 8601, by the clock of the machine that wrote it. */
  updatedAt: string
  state: StashStatus['state']
  /** False if it came back without its being sure that it is the newest and nothing was written since, while another version that turned up is not decided on, and in doubt. */
  confirmed: boolean
  /** All who have it were away for more than 14 days: it may have been deleted meanwhile, and nobody within reach would know. */
  mayBeDeleted: boolean
}

/** `POST /v1/recover`. */
export type RecoverAnswer = StashAnswer & Pick<DaemonStatus, 'setAside'>

/** `POST /v1/recover/accept-older` and `/adopt`: what became of the version that was chosen, sealed anew. */
export type DecisionAnswer = WriteResult & Omit<RecoverAnswer, 'seq'> & Pick<PutAnswer, 'peers'>

/** `POST /v1/recover/fresh`. */
export type FreshAnswer = Pick<StashAnswer, 'state'>

/** `POST /v1/forget`. */
export interface ForgetAnswer extends ForgetResult {
  state: StashStatus['state']
  /** Stash peers that were connected when it ended. */
  peers: number
}

/** `POST /v1/leave`: the daemon stops after it. */
export type LeaveAnswer = Leave

/** `GET /v1/peers`. */
export interface PeersAnswer {
  peers: PeerStatus[]
}

/** `GET` and `PUT /v1/confidants`, `POST /v1/confidants/add`, `/remove` and `/auto`. */
export interface ConfidantsAnswer {
  confidants: ConfidantStatus[]
  target: number
}

/** The body of every answer that is not a 2xx. */
export interface ErrorAnswer {
  error: { name: string, message: string, hint?: string }
}

/** What a nara reports: one line of `GET /v1/events` and of `nara-stash start --json`. */
export type DaemonEvent = NodeEvent | StartedEvent | MdnsEvent | StoppingEvent | StoppedEvent | MissedEvent

type NodeEvent = {
  [K in keyof StashEvents]: { event: K, time: string } & Omit<StashEvents[K]['detail'], 'envelope'>
}[keyof StashEvents]

/** The first event of a daemon. */
export interface StartedEvent {
  event: 'started'
  /** ISO 8601, as in all events. */
  time: string
  peerId: string
  naraId: string
  name: string
  addresses: string[]
  dir: string
  socket: string
  pid: number
  version: string
  /** Whether the soul was made at this start. */
  newSoul: boolean
  /** Milliseconds from the start of the process to here. */
  startedIn: number
}

/** mDNS finds nobody on this network, or works again. */
export interface MdnsEvent extends Pick<MdnsStatus, 'working' | 'problem'> {
  event: 'mdns'
  time: string
}

export interface StoppingEvent {
  event: 'stopping'
  time: string
  why: string
}

/** The last event of a daemon that stops cleanly. */
export interface StoppedEvent {
  event: 'stopped'
  time: string
}

/** The reader was too slow, and this many events were not told. */
export interface MissedEvent {
  event: 'missed'
  time: string
  events: number
}
