import type { StashRequest, StashResponse, WantsBody } from '@nara-stash/protocol'

/** `body` is a body that follows its request; smaller ones and those of answers count with their message. */
export type TrafficType = StashRequest['type'] | StashResponse['type'] | WantsBody['type'] | 'body' | 'presence' | 'reset'

export interface Traffic {
  messages: number
  bytes: number
}

type Counters = Map<string, Map<TrafficType, Traffic>>

/** What each peer sent and received, by type. Lost messages count as sent only. */
export class TrafficStats {
  #sent: Counters = new Map()
  #received: Counters = new Map()

  /** What `peer` (or everyone) sent of `type` (or of everything). */
  sent (peer?: string, type?: TrafficType): Traffic {
    return sum(this.#sent, peer, type)
  }

  /** What reached `peer` (or everyone) of `type` (or of everything). */
  received (peer?: string, type?: TrafficType): Traffic {
    return sum(this.#received, peer, type)
  }

  reset (): void {
    this.#sent = new Map()
    this.#received = new Map()
  }

  countSent (peer: string, type: TrafficType, bytes: number): void {
    count(this.#sent, peer, type, bytes)
  }

  countReceived (peer: string, type: TrafficType, bytes: number): void {
    count(this.#received, peer, type, bytes)
  }
}

function count (counters: Counters, peer: string, type: TrafficType, bytes: number): void {
  let types = counters.get(peer)

  if (types === undefined) {
    types = new Map()
    counters.set(peer, types)
  }

  const traffic = types.get(type)

  if (traffic === undefined) {
    types.set(type, { messages: 1, bytes })
  } else {
    traffic.messages++
    traffic.bytes += bytes
  }
}

function sum (counters: Counters, peer?: string, type?: TrafficType): Traffic {
  const total = { messages: 0, bytes: 0 }

  for (const [owner, types] of counters) {
    for (const [name, { messages, bytes }] of types) {
      if ((peer ?? owner) === owner && (type ?? name) === name) {
        total.messages += messages
        total.bytes += bytes
      }
    }
  }

  return total
}
