import { join } from 'node:path'
import { isMissing, readSmallObject } from '../files/read-small.ts'
import { writePrivate } from '../files/write-private.ts'
import { printable } from '../text/printable.ts'
import type { Stash } from '@nara-stash/node'

/** A header is at most 2 KiB. */
const MAX_WATERMARK_FILE = 16 * 1024

/** A DIR/watermark says how new the newest acknowledged version is: its signed header, no content. A start that finds less knows that something was lost. */
export function watermarkPath (dir: string): string {
  return join(dir, 'watermark')
}

/** What an earlier daemon left. */
export interface LeftWatermark {
  envelope?: Uint8Array
  /** Why it is not used, for people. */
  note?: string
}

/** @param owner - peer id of the soul; what is of another one is left alone until this one writes its own */
export async function readWatermark (dir: string, owner: string): Promise<LeftWatermark> {
  const path = watermarkPath(dir)

  try {
    const { peerId, envelope } = await readSmallObject(path, MAX_WATERMARK_FILE)

    if (typeof peerId !== 'string' || typeof envelope !== 'string') {
      return { note: `${printable(path)} is damaged and was ignored: a loss of the stash may pass for an empty start` }
    }

    return peerId === owner
      ? { envelope: new Uint8Array(Buffer.from(envelope, 'base64')) }
      : { note: `${printable(path)} is of another soul (${printable(peerId)}) and was ignored` }
  } catch (error) {
    return isMissing(error) ? {} : { note: `${printable(path)} was ignored: ${printable((error as Error).message)}` }
  }
}

/** Leaves the newest acknowledged header in the folder: whole or not at all, the latest last, mode 0600. */
export class WatermarkKeeper {
  private readonly dir: string
  private readonly owner: string
  private next: { envelope: Uint8Array, seq: string } | undefined
  private writing: Promise<void> | undefined

  constructor (dir: string, owner: string) {
    this.dir = dir
    this.owner = owner
  }

  /** @param failed - told if it cannot be written; the next one is tried all the same */
  listen (stash: Pick<Stash, 'addEventListener'>, failed: (error: Error) => void): void {
    stash.addEventListener('stash:watermark', ({ detail }) => {
      this.next = detail
      this.writing ??= this.write(failed).finally(() => { this.writing = undefined })
    })
  }

  /** Resolves once what was told is on the disk. */
  async settled (): Promise<void> {
    await this.writing
  }

  private async write (failed: (error: Error) => void): Promise<void> {
    while (this.next != null) {
      const { envelope, seq } = this.next

      this.next = undefined

      try {
        await writePrivate(this.dir, watermarkPath(this.dir), JSON.stringify({ peerId: this.owner, seq, envelope: Buffer.from(envelope).toString('base64') }) + '\n')
      } catch (error) {
        failed(error as Error)
      }
    }
  }
}
