import { createSha256 } from '@nara-stash/protocol'
import { naraId } from '@nara-stash/crypto'
import { toString } from 'uint8arrays/to-string'
import { FAILED_AFTER } from './constants.ts'
import { isoDate } from './services/iso-date.ts'
import type { ConfidantStatus, PeerStatus, StashStatus } from './api.ts'
import type { StashParts } from './compose.ts'
import type { Version } from './services/owner/own-stash.ts'
import type { Clock } from '@nara-stash/protocol'

/** Digests of versions already shown: a status is asked for often, a stash may be large. */
const digests = new WeakMap<Version, string>()

/** Everything a person or a script wants to know of a stash; nothing secret. */
export function stashStatus (parts: StashParts): StashStatus {
  const { owning, held, options } = parts
  const current = owning?.own.current
  const tombstone = owning?.own.tombstone
  const recovered = owning?.owner.recovered
  // of a tombstone there are copies as well
  const counted = (current == null ? undefined : owning?.replication.counted()) ?? { have: 0 }

  return {
    peerId: parts.self,
    naraId: parts.soul == null ? '' : naraId(parts.soul),
    name: parts.soul?.name ?? '',
    state: owning?.owner.state ?? 'empty',
    stash: current == null
      ? null
      : {
          seq: String(current.record.seq),
          bytes: current.data.byteLength,
          sha256: digestOf(current),
          updatedAt: isoDate(current.createdAt)
        },
    deleted: tombstone == null ? null : { seq: String(tombstone.seq) },
    pending: owning?.owner.pending ?? null,
    safe: current == null ? null : counted.have >= options.minCopies,
    copies: { ...counted, minimum: options.minCopies, target: options.target, keptUntil: current == null ? null : dateOf(owning?.replication.keptUntil(), options.clock) ?? null },
    confidants: confidantStatuses(parts),
    held: { count: held.count, limit: held.capacity.stashes, bytes: held.bytes, byteLimit: held.capacity.bytes, accepting: held.accepting, diskFull: held.diskFull },
    recovery: {
      via: recovered?.origin.via ?? null,
      from: recovered?.origin.from ?? null,
      confirmed: recovered?.confirmed === true && owning?.owner.state === 'settled' && owning.owner.undecided === 0,
      mayBeDeleted: owning?.owner.mayBeDeleted ?? false,
      written: owning != null && current != null && owning.owner.written && current.record.boot === owning.own.boot,
      undecided: owning?.owner.undecided ?? 0,
      ...owning?.owner.tally() ?? { answered: 0, of: 0 },
      doubt: owning?.owner.doubt ?? null
    },
    twin: owning?.owner.twin ?? null
  }
}

/** Everybody we are connected to or heard of. */
export function peerStatuses (parts: StashParts): PeerStatus[] {
  const connected = new Map(parts.network.peers().map(peer => [peer.id, peer]))
  const confidants = new Set(parts.owning?.replication.confidants)
  const ids = new Set([...connected.keys(), ...parts.directory.list().map(({ id }) => id), ...confidants])

  return [...ids].map(id => {
    const { presence, isGone = false } = parts.directory.get(id) ?? {}
    // what it says of itself, as long as it is there
    const claims = isGone && !connected.has(id) ? undefined : presence
    const address = connected.get(id)?.address
    const lastError = connected.has(id) ? undefined : parts.whyUnreachable(id)

    return {
      peerId: id,
      name: parts.directory.name(id),
      connected: connected.has(id),
      ...(address == null ? {} : { address }),
      ...(lastError == null ? {} : { lastError }),
      ...(claims == null ? {} : { accepting: claims.accepting, uptime: Math.round(parts.directory.uptime(id)) }),
      ...(claims?.memory == null ? {} : { memory: claims.memory }),
      ...(claims?.state == null ? {} : { state: claims.state }),
      confidant: confidants.has(id),
      held: parts.held.get(id) != null
    }
  })
}

function confidantStatuses ({ owning, directory, options }: StashParts): ConfidantStatus[] {
  if (owning == null) {
    return []
  }

  const { replication, own } = owning

  return replication.confidants.map(peerId => {
    const keptUntil = dateOf(replication.keptUntil(peerId), options.clock)

    return {
      peerId,
      name: directory.name(peerId),
      since: isoDate(replication.copies.get(peerId)?.since ?? options.clock.wallTime()),
      state: replication.copies.state(peerId, own.current?.record.id, FAILED_AFTER),
      pinned: replication.pinned.includes(peerId),
      ...(directory.get(peerId)?.presence == null ? {} : { keeps: directory.saysOnDisk(peerId) ? 'on disk' : 'in memory' }),
      ...(keptUntil == null ? {} : { keptUntil })
    }
  })
}

/** A time on the monotonic scale as a date. */
function dateOf (time: number | undefined, clock: Clock): string | undefined {
  return time == null ? undefined : isoDate(clock.wallTime() + time - clock.now())
}

function digestOf (version: Version): string {
  const digest = digests.get(version) ?? toString(createSha256().update(version.data).digest(), 'base16')
  digests.set(version, digest)

  return digest
}
