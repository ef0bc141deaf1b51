import {
  Confidant, HeldStashes, NewestTable, RateLimiter, registerHeldMetrics, storeOf
} from '@nara-stash/protocol'
import { toString } from 'uint8arrays/to-string'
import { composeOwner } from './compose-owner.ts'
import { checkOptions, checkTrust } from './options.ts'
import { Connector } from './services/presence/connector.ts'
import { announceEvents } from './services/events.ts'
import { leftBehind } from './services/owner/left-behind.ts'
import { DiskEvidence } from './services/presence/disk-evidence.ts'
import { MetPeers } from './services/presence/met-peers.ts'
import { PeerDirectory } from './services/presence/peer-directory.ts'
import { PresenceService } from './services/presence/presence.ts'
import { Steward } from './services/steward/steward.ts'
import { Watermarks } from './services/steward/watermarks.ts'
import type { Leave, StashInit } from './api.ts'
import type { OwningParts } from './compose-owner.ts'
import type { StashOptions } from './options.ts'
import type { Dialler, PresencePort } from './ports/presence-port.ts'
import type { EventSink } from './services/events.ts'
import type { Soul } from '@nara-stash/crypto'
import type { StashNetwork, Trust } from '@nara-stash/protocol'
import type { Metrics, Startable } from '@libp2p/interface'

/** The network as the services see it: libp2p in a real node, a simulated one in tests and simulations. */
export interface StashPorts {
  network: StashNetwork & Partial<Startable> & {
    /** Makes sure that the older connections of a peer that came back are alive, and with `newest` all of them; ends the dead. */
    probe? (peer: string, options?: { newest?: boolean }): Promise<void>
  }
  /** Absent on a host without gossipsub: recovery then starts when peers connect. */
  presence?: PresencePort
  dialler?: Dialler
  /** A host that counts. */
  metrics?: Metrics
}

export interface StashParts {
  self: string
  soul: Soul | undefined
  options: StashOptions
  trust: Trust
  network: StashNetwork
  directory: PeerDirectory
  /** Whose copies outlive their processes. */
  disks: DiskEvidence
  held: HeldStashes
  confidant: Confidant
  steward: Steward
  /** A peer that was pinned or allowed by name, or whose stash is held here. */
  isKnown (peer: string): boolean
  owning: OwningParts | undefined
  start (): Promise<void>
  afterStart (): Promise<void>
  /** Hands on what is held here, and takes nothing more. Asked twice it gives one answer. */
  leave (): Promise<Leave>
  beforeStop (): Promise<void>
  stop (): Promise<void>
  /** @param isGiven - our user named these */
  discovered (peer: string, addresses: readonly string[], isGiven?: boolean): void
  /** Why a peer could not be dialled last; undefined if it could, or was not tried. */
  whyUnreachable (peer: string): string | undefined
}

/**
 * The composition root: the one place that creates the parts, ties them together, and owns the order of start and stop.
 */
export function composeStash (init: StashInit, ports: StashPorts, events: EventSink): StashParts {
  const options = checkOptions(init)
  const { clock, random } = options
  const { network } = ports
  const { self } = network
  const trust = checkTrust(init)
  const newest = new NewestTable()
  const directory = new PeerDirectory(clock)
  const disks = new DiskEvidence({ network, directory, isKnown: peer => trust.vouchedFor(peer) || owning?.replication.pinned.includes(peer) === true })
  const announce = announceEvents(events, directory)
  const held = new HeldStashes({
    capacity: options.capacity,
    newest,
    clock,
    maxLeaseSeconds: options.maxLeaseSeconds,
    isInTouch: () => network.peers().length > 0,
    store: storeOf({ ...init, clock })
  })
  const { persistent: onDisk } = held
  // who leaves its stash here was met, by an earlier process perhaps
  const isKnown = (peer: string): boolean => trust.vouchedFor(peer) || held.get(peer) != null || owning?.replication.pinned.includes(peer) === true
  const owning: OwningParts | undefined = init.soul == null ? undefined : composeOwner(init, init.soul, { options, network, newest, directory, disks, trust, announce, isKnown, onChosen: () => { connector?.look() }, onState: () => { presence?.changed() } })
  const confidant = new Confidant({
    network,
    held,
    newest,
    trust,
    limiter: new RateLimiter({ clock }),
    clock,
    ...(owning == null
      ? {}
      : {
          ownTwin: (boot, from) => { owning.owner.heardTwin(boot, from) },
          ownOffer: async (caller, offer) => await owning.owner.offers.offered(caller, offer),
          ownRelease: async ({ peer }, release) => owning.replication.hearsay.released(peer, release) ? { type: 'have' } : { type: 'not-found' }
        })
  })
  const connector = ports.dialler == null
    ? undefined
    : new Connector({
      network,
      dialler: ports.dialler,
      directory,
      clock,
      random,
      minConnections: options.minConnections,
      admits: trust.admits,
      wanted: () => wanted(),
      onUnreachable: announce.unreachable
    })
  const steward = new Steward({
    network,
    held,
    newest,
    confidant,
    trust,
    directory,
    disks,
    clock,
    random,
    leaveTimeout: options.leaveTimeout,
    onDisk,
    onReach: () => { connector?.look() },
    ...announce.stewarding
  })
  const wanted = (): string[] => [...owning?.replication.confidants ?? [], ...steward.wanted]
  const met = init.addressBook == null ? undefined : new MetPeers({ book: init.addressBook, directory, clock, wanted })
  const watermarks = new Watermarks({ self, held, confidant })
  // only its holders dial an owner that comes back
  const reachOwner = (peer: string): void => {
    if (held.get(peer) != null) {
      connector?.reach(peer)
    }
  }
  const presence = ports.presence == null
    ? undefined
    : new PresenceService({
      self,
      port: ports.presence,
      dialler: ports.dialler ?? { peerRecord: async () => undefined },
      directory,
      clock,
      random,
      boot: owning?.own.boot ?? toString(random.bytes(8), 'base16'),
      name: init.soul?.name ?? '',
      memory: options.memory,
      maxStash: options.maxStash,
      onDisk,
      state: () => owning?.owner.state,
      accepting: () => held.accepting,
      watermark: () => owning?.watermark(),
      onTwin: boot => { owning?.owner.heardTwin(boot) },
      onPresence: (peer, heard, { newBoot }) => {
        announce.presence(peer, heard)

        if (newBoot) {
          // it cannot be dialled as long as a dead connection to its former life counts for one
          void network.probe?.(peer, { newest: true }).then(() => { reachOwner(peer) })
        }

        if (heard.kind === 'hey-there') {
          confidant.wake(peer, heard.boot)
          reachOwner(peer)
        }

        if (heard.watermark != null) {
          // one that is none, or somebody else's, says nothing
          void watermarks.hear(peer, heard.watermark).catch(() => {})
        }

        if (heard.onDisk === true) {
          owning?.heardDisk(peer)
        }

        steward.heard(peer)
        connector?.heard(peer)
        met?.heard(peer)
      }
    })

  let left: Promise<Leave> | undefined
  const leave = async (): Promise<Leave> => {
    confidant.drain()
    const handedOn = await steward.leave()
    const result = { kept: onDisk ? held.count : 0, ...handedOn, ...leftBehind(owning) }
    announce.stewarding.onLeft(result)

    return result
  }

  network.addEventListener('peer:connect', ({ detail }) => {
    directory.met(detail.id)

    if (detail.dialled != null) {
      directory.workedAt(detail.id, detail.dialled)
    }

    met?.met(detail.id)
    connector?.connected(detail.id)
    announce.connected(detail)
    owning?.owner.connected(detail)
  })
  network.addEventListener('peer:disconnect', ({ detail: { id } }) => {
    announce.disconnected(id)
    directory.parted(id)
    owning?.owner.disconnected(id)
    connector?.look()
  })
  ports.dialler?.onMove?.(() => {
    presence?.moved()
    connector?.moved()
  })
  registerHeldMetrics(ports.metrics, held, confidant)
  announce.holding(confidant)

  return {
    self,
    soul: init.soul,
    options,
    trust,
    network,
    directory,
    disks,
    held,
    confidant,
    steward,
    isKnown,
    owning,
    start: async () => {
      left = undefined
      await met?.start()
      await owning?.owner.watermark.prepare()
      await confidant.start()
      steward.start()
      owning?.owner.start()
      await network.start?.()
    },
    afterStart: async () => {
      connector?.start()
      await presence?.start()
    },
    leave: async () => await (left ??= leave()),
    beforeStop: async () => {
      if (onDisk && left == null) {
        // what is on a disk comes back with us: nobody is told that it goes, and nothing is moved
        steward.stop()
        announce.stewarding.onLeft({ kept: held.count, handedOn: 0, withOwner: 0, left: [], ...leftBehind(owning) })
      } else {
        const told = await (left ??= leave())
        const atLast = { ...told, ...leftBehind(owning) }

        // it may have been told to leave long ago, and have been written to since
        if (JSON.stringify(atLast) !== JSON.stringify(told)) {
          announce.stewarding.onLeft(atLast)
        }
      }

      await presence?.stop()
      connector?.stop()
      owning?.owner.stop()
      await network.beforeStop?.()
    },
    stop: async () => {
      steward.stop()
      await confidant.stop()
      await met?.stop()
      await network.stop?.()
    },
    discovered: (peer, addresses, isGiven) => {
      if (peer !== self) {
        directory.met(peer)
        directory.located(peer, addresses, isGiven === true ? 'given' : 'said')
        connector?.discovered(peer)
      }
    },
    whyUnreachable: peer => connector?.whyNot(peer)
  }
}
