import type { Clock } from '@nara-stash/protocol'

/** Copies of one packet come within the same turn of the event loop; what anybody says twice it says a second later (RFC 6762, section 6). Milliseconds. */
const WINDOW = 500

/** Packets that are remembered; the oldest go first. */
const MAX_PACKETS = 64

/** Tells copies of one packet, as several sockets hear it, from packets. */
export class Repeats {
  private readonly clock: Clock
  private readonly seen = new Map<string, number>()

  constructor (clock: Clock) {
    this.clock = clock
  }

  isRepeat (sender: string, bytes: Uint8Array): boolean {
    const now = this.clock.now()
    const packet = `${sender} ${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')}`
    const isRepeat = now - (this.seen.get(packet) ?? -Infinity) < WINDOW

    if (!isRepeat) {
      this.seen.delete(packet)
      this.seen.set(packet, now)

      if (this.seen.size > MAX_PACKETS) {
        this.seen.delete(this.seen.keys().next().value ?? '')
      }
    }

    return isRepeat
  }
}
