import { VirtualClock } from '@nara-stash/testing'
import { decodePresence, encodePresence } from '../../../src/presence-message.ts'
import { PeerDirectory } from '../../../src/services/presence/peer-directory.ts'
import { PresenceService } from '../../../src/services/presence/presence.ts'
import type { PresenceListener } from '../../../src/ports/presence-port.ts'
import type { Presence } from '../../../src/presence-message.ts'
import type { PresenceInit } from '../../../src/services/presence/presence.ts'

export interface Said extends Presence {
  at: number
}

/** What another nara says: "here", unless told otherwise. */
export function message (changes: Partial<Presence> = {}): Uint8Array {
  return encodePresence({ kind: 'here', boot: 'aa'.repeat(8), n: 1, accepting: true, uptime: 10, maxBytes: 1, name: 'bob', ...changes })
}

/** Of somebody who has something new to say each time: it does not wait until it has been silent for long. */
export function news (): Pick<PresenceInit, 'accepting'> {
  let accepting = false

  return { accepting: () => accepting = !accepting }
}

/** A presence service by itself: what it says is written down, what it hears is told. */
export class LonePresence {
  readonly clock = new VirtualClock()
  readonly directory = new PeerDirectory(this.clock)
  readonly said: Said[] = []
  readonly heard: Array<{ peer: string, presence: Presence, newBoot: boolean }> = []
  readonly service: PresenceService
  /** Somebody begins to listen. */
  subscribe: () => void = () => {}
  /** A message arrives. */
  hear: PresenceListener = () => 'ignore'

  constructor (init: Partial<PresenceInit> = {}) {
    this.service = new PresenceService({
      self: 'alice',
      port: {
        announce: async bytes => { this.said.push({ ...decodePresence(bytes), at: this.clock.now() }) },
        onPresence: listener => { this.hear = listener },
        onSubscriber: listener => { this.subscribe = listener }
      },
      dialler: { peerRecord: async () => new TextEncoder().encode('our record') },
      directory: this.directory,
      clock: this.clock,
      random: { next: () => 0.5, bytes: length => new Uint8Array(length) },
      boot: '00112233445566ff',
      name: 'alice',
      memory: 'medium',
      maxStash: 1_048_576,
      onDisk: false,
      state: () => 'searching',
      accepting: () => true,
      onPresence: (peer, presence, { newBoot }) => { this.heard.push({ peer, presence, newBoot }) },
      ...init
    })
  }

  /** Times of what was said of a kind. */
  readonly times = (kind: Presence['kind']): number[] => this.said.filter(said => said.kind === kind).map(({ at }) => at)
}
