import { MAX_WAITING_BYTES } from '../../constants.ts'
import { Author } from './author.ts'
import { Condition } from './condition.ts'
import { Decisions } from './decisions.ts'
import { Lookout } from './lookout.ts'
import { Offers } from './offers.ts'
import { OwnWatermark } from './own-watermark.ts'
import { Settling } from '../recovery/settling.ts'
import { Witnesses } from './witnesses.ts'
import { Writes } from './writes.ts'
import type { Merge, Twin } from '../../api.ts'
import type { Origin } from '../recovery/bodies.ts'
import type { BurialInit } from './burial.ts'
import type { ConditionInit } from './condition.ts'
import type { DecisionsInit } from './decisions.ts'
import type { OwnStash, Version } from './own-stash.ts'
import type { OwnWatermarkInit } from './own-watermark.ts'
import type { Replication } from '../replication/replication.ts'
import type { WritesInit } from './writes.ts'
import type { Clock, Placement, Random, RecordHeader, StashNetwork } from '@nara-stash/protocol'

export interface OwnerInit extends ConditionInit, OwnWatermarkInit {
  network: Pick<StashNetwork, 'ask' | 'peers'>
  own: OwnStash
  replication: Replication
  clock: Clock
  random: Random
  merge: Merge | undefined
  fresh: boolean
  maxStash: number
  admits (peer: string): boolean
  /** A peer that was pinned or allowed by name, or whose stash is held here. */
  isKnown (peer: string): boolean
  heard (): RecordHeader[]
  onFound (version: Version, origin: Origin): void
  onSetAside (bytes: number, timestamp: number, why?: string): void
  onTwin (twin: Twin, from: string): void
}

/** What the parts need of the owner that ties them together. */
export interface OwnerHooks extends Pick<WritesInit, 'isReady' | 'commit'> {
  isStopped (): boolean
  /** Something may be decided. */
  resolve (): void
  /** A holder told of a record of ours. */
  met (record: RecordHeader, placement: Placement | undefined, from: string): void
}

export interface OwnerParts extends BurialInit, DecisionsInit {
  watermark: OwnWatermark
  writes: Writes
  lookout: Lookout
  offers: Offers
  decisions: Decisions
}

/** Makes the parts of the owner's side, and ties them together. */
export function makeOwnerParts (init: OwnerInit, hooks: OwnerHooks): OwnerParts {
  const condition = new Condition({
    ...init,
    onState: (state, previous) => {
      lookout.look()
      init.onState(state, previous)
    }
  })
  const watermark = new OwnWatermark({
    ...init,
    onAcknowledged: () => {
      // what is beside it may be decided by that
      if (lookout.surprises.strangers.list.length > 0) {
        hooks.resolve()
      }
    }
  })
  const author = new Author({ ...init, wasAcknowledged: ({ id }) => id === watermark.lastKnown?.id })
  const writes = new Writes({
    ...hooks,
    clock: init.clock,
    merges: init.merge != null,
    maxWaiting: Math.max(MAX_WAITING_BYTES, 2 * init.maxStash),
    result: () => init.replication.result()
  })
  const witnesses = new Witnesses(init.clock, init.own.boot, init.fresh)
  const parts = { ...init, network: witnesses.listening(init.network), author, condition, writes }
  const settling = new Settling({
    ...parts,
    heard: witnessed => [...init.heard(), ...witnessed, ...(watermark.lastKnown == null ? [] : [watermark.lastKnown])],
    onSettled: hooks.resolve,
    onStranger: hooks.met
  })
  // the application is to see what came in before it writes again
  const isNews = (): void => {
    writes.unread = true
    writes.recovered()
  }
  const lookout: Lookout = new Lookout({
    ...parts,
    witnesses,
    isOff: () => hooks.isStopped() || settling.recovery.active,
    onChange: hooks.resolve,
    onMerged: isNews,
    onNewer: (version, origin, mayBeDeleted) => {
      isNews()
      condition.isBack(version, origin, { confirmed: false, mayBeDeleted, ...settling.tally() })
    }
  })
  const { strangers } = lookout.surprises
  const deciding = { ...parts, settling, strangers, isStopped: hooks.isStopped }

  return {
    ...deciding,
    watermark,
    lookout,
    offers: new Offers({ ...parts, recovery: settling.recovery, strangers, isStopped: hooks.isStopped }),
    decisions: new Decisions(deciding)
  }
}
