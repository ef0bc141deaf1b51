import { MAX_HOLDERS } from '@nara-stash/protocol'
import type { Copy } from './copy.ts'

/** A copy that went with its holder. */
export interface TakenCopy {
  peer: string
  record: string
  address?: string
  /** When it went, and until when it had promised to keep it, on the clock's monotonic scale. */
  wentAt: number
  keptUntil?: number
}

/** What those had who went, be they holders any longer or not: whoever keeps it on a disk brings it back. The latest MAX_HOLDERS are remembered. */
export class TakenAlong {
  private readonly gone = new Map<string, TakenCopy>()

  /** It went. If it had lost its copy, or was letting go of it, it has none to bring back. */
  went ({ peer, record, address, audit, leaving, keptUntil }: Copy, wentAt: number): void {
    this.gone.delete(peer)

    if (record != null && audit?.verdict !== 'failed' && leaving !== true) {
      this.gone.set(peer, { peer, record, wentAt, ...(address == null ? {} : { address }), ...(keptUntil == null ? {} : { keptUntil }) })
    }

    for (const oldest of this.gone.keys()) {
      if (this.gone.size > MAX_HOLDERS) {
        this.gone.delete(oldest)
      }
    }
  }

  /** It is back, and says itself what it has. */
  back (peer: string): void {
    this.gone.delete(peer)
  }

  clear (): void {
    this.gone.clear()
  }

  of (record: string): TakenCopy[] {
    return [...this.gone.values()].filter(copy => copy.record === record)
  }
}
