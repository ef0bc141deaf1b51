import { peerIdOf } from './identity.ts'
import { checkedMerge } from './services/owner/checked-merge.ts'
import { Owner } from './services/owner/owner.ts'
import { OwnStash } from './services/owner/own-stash.ts'
import { candidatesAmong, checkConfidants } from './services/replication/confidants.ts'
import { Replication } from './services/replication/replication.ts'
import type { StashInit } from './api.ts'
import type { StashOptions } from './options.ts'
import type { announceEvents } from './services/events.ts'
import type { DiskEvidence } from './services/presence/disk-evidence.ts'
import type { PeerDirectory } from './services/presence/peer-directory.ts'
import type { Soul } from '@nara-stash/crypto'
import type { NewestTable, StashNetwork, Trust } from '@nara-stash/protocol'

/** The owner's parts; absent without a soul. */
export interface OwningParts {
  owner: Owner
  own: OwnStash
  replication: Replication
  /** The header of the newest version that minCopies have acknowledged. */
  watermark (): Uint8Array | undefined
  /** A peer says that it has a disk: one may be wanted. */
  heardDisk (peer: string): void
}

interface OwnerSurroundings {
  options: StashOptions
  network: StashNetwork
  newest: NewestTable
  directory: PeerDirectory
  disks: DiskEvidence
  trust: Trust
  announce: ReturnType<typeof announceEvents>
  isKnown (peer: string): boolean
  onChosen (): void
  onState (): void
}

/** The owner's half of the composition root. */
export function composeOwner (init: StashInit, soul: Soul, { options, network, newest, directory, disks, trust, announce, isKnown, onChosen, onState }: OwnerSurroundings): OwningParts {
  const { clock, random } = options
  const own = new OwnStash({ soul, owner: peerIdOf(soul), random, newest })
  const replication: Replication = new Replication({
    network,
    own,
    clock,
    random,
    target: options.target,
    minCopies: options.minCopies,
    countEach: options.countEach,
    repairDelay: options.repairDelay,
    diskRepairDelay: options.diskRepairDelay,
    leaseSeconds: options.leaseSeconds,
    surrogates: options.surrogates,
    disks,
    pinned: checkConfidants(init.confidants ?? [], network.self, trust),
    candidates: () => candidatesAmong({ network, directory, disks, trust }, replication.copies),
    onCopies: ({ seq, have }) => { announce.copies({ seq, have, minimum: options.minCopies, target: options.target }) },
    onHolders: change => {
      announce.holders(change)
      onChosen()
    },
    onAcknowledged: record => { owner.watermark.acknowledged(record) },
    onPeer: peer => { announce.confidantState(peer, replication, own.current?.record.id) },
    onStranger: (record, placement, from) => { owner.met(record, placement, from) },
    isInDoubt: () => owner.state === 'doubtful',
    onOutdated: version => { void owner.revise(version) },
    onChosen
  })
  const owner = new Owner({
    network,
    own,
    replication,
    clock,
    merge: init.merge == null ? undefined : checkedMerge(init.merge, options.maxStash),
    fresh: init.fresh ?? false,
    maxStash: options.maxStash,
    admits: trust.admits,
    isKnown,
    random,
    lastKnown: init.lastKnown,
    heard: () => [newest.get(own.owner), newest.beside(own.owner)].flatMap(record => record ?? []),
    onState: (state, previous) => {
      announce.state(state, previous)
      onState()
      // what waited for a doubt to end
      replication.wake()
    },
    onFound: (version, origin) => { announce.found(version, origin) },
    onRecovered: (version, origin, sureness) => { announce.recovered(version, origin, sureness) },
    onDoubt: doubt => { announce.doubt(doubt) },
    onSetAside: announce.setAside,
    onTwin: (twin, from) => { announce.twin(twin, from) },
    onWatermark: record => { announce.watermark(record) }
  })

  return {
    owner,
    own,
    replication,
    watermark: () => owner.watermark.latest?.envelope,
    heardDisk: peer => {
      const { confidants } = replication
      const isWanted = !confidants.includes(peer) && confidants.filter(confidant => disks.of(confidant) != null).length < options.minCopies

      if (isWanted && network.peers().some(({ id }) => id === peer)) {
        replication.wake()
      }
    }
  }
}
