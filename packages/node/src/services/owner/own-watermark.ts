import { MalformedError, openHeader, supersedesOrIs } from '@nara-stash/protocol'
import { InvalidOptionError } from '../../errors.ts'
import type { OwnStash } from './own-stash.ts'
import type { RecordHeader } from '@nara-stash/protocol'

export interface OwnWatermarkInit {
  own: Pick<OwnStash, 'owner' | 'note'>
  /** The header of our newest record, as an earlier process knew it. */
  lastKnown: Uint8Array | undefined
  /** Nobody holds anything of ours, so nothing has to be found: what is written first is told, whatever was known. */
  fresh: boolean
  /** A record was acknowledged that is newer than what was told before, or, first of all, that is lastKnown or newer: who keeps the latest never goes back. */
  onWatermark (record: RecordHeader): void
  /** minCopies have a record. */
  onAcknowledged? (): void
}

/** How new our newest record is, as far as minCopies ever acknowledged: by an earlier process, and by this one. */
export class OwnWatermark {
  /** The header of the newest version that was acknowledged to this process. */
  latest: RecordHeader | undefined
  /** What an earlier process left. */
  lastKnown: RecordHeader | undefined

  private readonly init: OwnWatermarkInit

  constructor (init: OwnWatermarkInit) {
    this.init = init
  }

  /**
   * Before anything is searched for.
   *
   * @throws {InvalidOptionError} lastKnown is no header, or not of this owner
   */
  async prepare (): Promise<void> {
    const { own, lastKnown } = this.init

    if (lastKnown == null || this.lastKnown != null) {
      return
    }

    const record = await open(lastKnown)

    if (record.owner !== own.owner) {
      throw new InvalidOptionError('lastKnown is a header of another soul\'s stash')
    }

    own.note(record)
    this.lastKnown = record
  }

  /** minCopies have `record`. While an older one is taken, what was known stays known: what is decided builds on it. */
  acknowledged (record: RecordHeader): void {
    const { latest } = this
    const lastKnown = this.init.fresh ? undefined : this.lastKnown

    if (record.id !== latest?.id && [latest, lastKnown].every(known => known == null || supersedesOrIs(record, known))) {
      this.latest = record
      this.init.onWatermark(record)
    }

    this.init.onAcknowledged?.()
  }
}

async function open (envelope: Uint8Array): Promise<RecordHeader> {
  try {
    return await openHeader(envelope)
  } catch (err) {
    if (err instanceof MalformedError) {
      throw new InvalidOptionError(`lastKnown is no header of a stash: ${err.message}`, { cause: err })
    }

    throw err
  }
}
