import { FAILED_AFTER } from '../constants.ts'
import type { ConfidantState, Doubt, Leave, StashEvents, StashState, Twin } from '../api.ts'
import type { Presence } from '../presence-message.ts'
import type { Sureness } from './owner/condition.ts'
import type { Version } from './owner/own-stash.ts'
import type { PeerDirectory } from './presence/peer-directory.ts'
import type { Origin } from './recovery/bodies.ts'
import type { HoldersChange } from './replication/placements.ts'
import type { Replication } from './replication/replication.ts'
import type { StewardInit } from './steward/steward.ts'
import type { Confidant, NetworkPeer, RecordHeader } from '@nara-stash/protocol'

/** Where events go: the service that others listen to. */
export interface EventSink {
  safeDispatchEvent <Type extends keyof StashEvents> (type: Type, detail: CustomEventInit<StashEvents[Type]['detail']>): boolean
}

/** Turns what the parts report into the events that are documented in api.ts, with names for people. */
export function announceEvents (sink: EventSink, directory: PeerDirectory): EventAnnouncer {
  const named = (peer: string): { peer: string, name: string } => ({ peer, name: directory.name(peer) })
  const states = new Map<string, ConfidantState>()
  const sized = ({ record, data }: Version): { seq: string, bytes: number } => ({ seq: String(record.seq), bytes: data.byteLength })

  return {
    state: (state, previous) => { sink.safeDispatchEvent('stash:state', { detail: { state, previous } }) },
    found: (version, origin) => { sink.safeDispatchEvent('stash:found', { detail: { ...origin, ...sized(version) } }) },
    recovered: (version, origin, { confirmed, mayBeDeleted, answered, of }) => {
      sink.safeDispatchEvent('stash:recovered', { detail: { ...origin, ...sized(version), confirmed, mayBeDeleted, answered, of } })
    },
    doubt: detail => { sink.safeDispatchEvent('stash:doubt', { detail }) },
    setAside: (bytes, timestamp, why) => { sink.safeDispatchEvent('stash:set-aside', { detail: { bytes, timestamp, ...(why == null ? {} : { why }) } }) },
    twin: ({ boot, seq }, from) => { sink.safeDispatchEvent('stash:twin', { detail: { boot, seq, from } }) },
    watermark: ({ envelope, seq }) => { sink.safeDispatchEvent('stash:watermark', { detail: { envelope, seq: String(seq) } }) },
    copies: detail => { sink.safeDispatchEvent('stash:copies', { detail }) },
    holders: ({ added, removed }) => {
      removed.forEach(({ peer, why }) => {
        states.delete(peer)
        sink.safeDispatchEvent('confidant:remove', { detail: { ...named(peer), why } })
      })
      added.forEach(peer => { sink.safeDispatchEvent('confidant:add', { detail: named(peer) }) })
    },
    confidantState: (peer, replication, record) => {
      if (!replication.holders.includes(peer)) {
        return
      }

      const state = replication.copies.state(peer, record, FAILED_AFTER)

      if (states.get(peer) !== state) {
        states.set(peer, state)
        sink.safeDispatchEvent('confidant:state', { detail: { ...named(peer), state } })
      }
    },
    connected: ({ id, address }) => {
      sink.safeDispatchEvent('peer:connect', { detail: { ...named(id), ...(address == null ? {} : { address }) } })
    },
    disconnected: peer => { sink.safeDispatchEvent('peer:disconnect', { detail: named(peer) }) },
    unreachable: (peer, addresses, why) => { sink.safeDispatchEvent('peer:unreachable', { detail: { ...named(peer), addresses: [...addresses], why } }) },
    presence: (peer, { kind, boot }) => { sink.safeDispatchEvent('presence', { detail: { ...named(peer), kind, boot } }) },
    holding: confidant => {
      const owned = (owner: string): { owner: string, name: string } => ({ owner, name: directory.name(owner) })

      confidant.addEventListener('held:stored', ({ detail: { record } }) => {
        sink.safeDispatchEvent('held:stored', { detail: { ...owned(record.owner), seq: String(record.seq), bytes: record.bodyLength } })
      })
      confidant.addEventListener('held:refused', ({ detail: { owner, reason } }) => {
        sink.safeDispatchEvent('held:refused', { detail: { ...owned(owner), reason } })
      })
      confidant.addEventListener('held:failed', ({ detail: { owner, why } }) => {
        sink.safeDispatchEvent('held:failed', { detail: { ...owned(owner), why } })
      })
      confidant.addEventListener('held:disk', ({ detail }) => { sink.safeDispatchEvent('held:disk', { detail }) })
      confidant.addEventListener('held:dropped', ({ detail: { owner, why } }) => {
        sink.safeDispatchEvent('held:dropped', { detail: { ...owned(owner), why } })
      })
      confidant.addEventListener('held:pushed', ({ detail: { owner, record, outcome } }) => {
        sink.safeDispatchEvent('held:pushed', { detail: { ...owned(owner), seq: String(record.seq), outcome } })
      })
      confidant.addEventListener('held:forgotten', ({ detail: { owner } }) => {
        sink.safeDispatchEvent('held:dropped', { detail: { ...owned(owner), why: 'its owner deleted it' } })
      })
    },
    stewarding: {
      onRepaired: (owner, to, why) => { sink.safeDispatchEvent('held:repaired', { detail: { owner, name: directory.name(owner), to, why } }) },
      onAudited: (owner, peer, verdict) => { sink.safeDispatchEvent('held:audited', { detail: { owner, name: directory.name(owner), peer, verdict } }) },
      onDropped: (owner, why) => { sink.safeDispatchEvent('held:dropped', { detail: { owner, name: directory.name(owner), why } }) },
      onLeaving: (owner, outcome) => { sink.safeDispatchEvent('held:leaving', { detail: { owner, name: directory.name(owner), outcome } }) },
      onLeft: detail => { sink.safeDispatchEvent('leave', { detail }) }
    }
  }
}

export interface EventAnnouncer {
  state (state: StashState, previous: StashState): void
  found (version: Version, origin: Origin): void
  recovered (version: Version, origin: Origin, sureness: Sureness): void
  doubt (doubt: Doubt): void
  setAside (bytes: number, timestamp: number, why?: string): void
  twin (twin: Twin, from: string): void
  watermark (record: RecordHeader): void
  copies (copies: StashEvents['stash:copies']['detail']): void
  holders (change: HoldersChange): void
  confidantState (peer: string, replication: Replication, record: string | undefined): void
  connected (peer: NetworkPeer): void
  disconnected (peer: string): void
  unreachable (peer: string, addresses: readonly string[], why: string): void
  presence (peer: string, presence: Presence): void
  holding (confidant: Confidant): void
  /** What a holder does while owners are away. */
  stewarding: Pick<StewardInit, 'onRepaired' | 'onAudited' | 'onDropped' | 'onLeaving'> & { onLeft (left: Leave): void }
}
