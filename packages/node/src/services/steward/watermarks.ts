import { MalformedError, openHeader, order } from '@nara-stash/protocol'
import type { Confidant, HeldStashes, RecordHeader } from '@nara-stash/protocol'

export interface WatermarksInit {
  held: Pick<HeldStashes, 'get' | 'hearOf'>
  confidant: Pick<Confidant, 'pushTo'>
  self: string
}

/** The watermarks that owners tell in their presence, one look at each: at most so many are remembered. */
const MAX_HEARD = 4_096

/**
 * What owners say of how new their newest record is. Who holds an older one hears that there is a newer, and offers its own: the owner says whether it is still
 * needed. So does a surrogate when its owner is back (SPEC.md, "Watermarks").
 */
export class Watermarks {
  private readonly init: WatermarksInit
  private readonly heard = new Map<string, Uint8Array>()

  constructor (init: WatermarksInit) {
    this.init = init
  }

  /**
   * @param owner - the authenticated speaker
   * @throws {MalformedError} no header, or that of somebody else
   */
  async hear (owner: string, envelope: Uint8Array): Promise<void> {
    if (isSame(this.heard.get(owner), envelope)) {
      return
    }

    const record = await openHeader(envelope)

    if (record.owner !== owner) {
      throw new MalformedError('a watermark of somebody else')
    }

    this.note(owner, envelope)
    await this.init.held.hearOf(record)

    if (this.isOfferDue(record)) {
      // whatever the owner answers, it is the pusher that heeds it; if it cannot be asked, its next watermark is another occasion
      await this.init.confidant.pushTo(owner).catch(() => { this.heard.delete(owner) })
    }
  }

  private isOfferDue (newest: RecordHeader): boolean {
    const held = this.init.held.get(newest.owner)

    if (held == null) {
      return false
    }

    const relation = order(newest, held.record)

    return relation === 'supersedes' || (relation === 'same' && !held.placement.holders.includes(this.init.self))
  }

  private note (owner: string, envelope: Uint8Array): void {
    this.heard.delete(owner)
    this.heard.set(owner, envelope)

    for (const oldest of this.heard.keys()) {
      if (this.heard.size > MAX_HEARD) {
        this.heard.delete(oldest)
      }
    }
  }
}

function isSame (a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a != null && a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i])
}
