import { PresenceMessage } from '../../packages/node/dist/pb/presence.js'
import { decodePresence } from '../../packages/node/dist/presence-message.js'
import type { StashParts } from '../../packages/node/dist/compose.js'
import type { PresencePort } from '../../packages/node/dist/ports/presence-port.js'
import type { Presence } from '../../packages/node/dist/presence-message.js'
import type { SimPort, VirtualClock } from '@nara-stash/testing'

/** About what gossip takes to reach everybody, in milliseconds. */
const SPREAD = 300

interface Member {
  port: SimPort
  parts: StashParts
  startedAt: number
  /** What it last said that was new, and what was delivered of it so far. */
  said: Presence | undefined
  delivered: PresenceMessage | undefined
  /** Who could not be reached with that: it hears the next message. */
  missed: Set<Member>
  listener: Parameters<PresencePort['onPresence']>[0]
}

/**
 * Presence without the flood: a message that says nothing new is not delivered, and one that does is entered into every directory at once. Those
 * to whom it matters who speaks (its holders, its confidants, who holds beside it) hear the message itself, as from gossip. A newcomer
 * learns of all others, as from discovery and the first HERE of each.
 */
export class PresenceBoard {
  /** Messages that were said, delivered or not. */
  said = 0
  private readonly clock: VirtualClock
  private readonly reaches: (a: string, b: string) => boolean
  private readonly members = new Map<string, Member>()

  constructor (clock: VirtualClock, reaches: (a: string, b: string) => boolean) {
    this.clock = clock
    this.reaches = reaches
  }

  /** The presence half of a process's network. */
  portOf (port: SimPort): PresencePort {
    const member = { port, startedAt: this.clock.now(), said: undefined, delivered: undefined, missed: new Set(), listener: () => 'ignore' } as unknown as Member

    this.members.set(port.self, member)

    return {
      announce: async bytes => { this.announce(member, bytes) },
      onPresence: listener => { member.listener = listener },
      onSubscriber: () => {}
    }
  }

  /** A process begins to listen: from here on it hears, and it knows who is there. */
  listen (id: string, parts: StashParts): void {
    const newcomer = this.members.get(id)

    if (newcomer == null) {
      return
    }

    newcomer.parts = parts
    // who is up says so all the time, though it is not delivered
    Object.defineProperty(parts.directory, 'alive', { get: () => this.members.size - 1 })

    for (const other of this.members.values()) {
      if (other === newcomer || other.said == null || !other.port.up) {
        continue
      }

      if (!this.reaches(id, other.port.self)) {
        other.missed.add(newcomer)
      } else {
        enter(newcomer, other, { ...other.said, uptime: (this.clock.now() - other.startedAt) / 1_000 })
      }
    }
  }

  /** Its process is gone. */
  leave (port: SimPort): void {
    if (this.members.get(port.self)?.port === port) {
      this.members.delete(port.self)
    }
  }

  private announce (member: Member, bytes: Uint8Array): void {
    if (!member.port.up) {
      return
    }

    this.said++

    // nearly all messages say nothing new: all that is in them is looked at when they do
    const message = PresenceMessage.decode(bytes)

    if (member.delivered == null || isNews(message, member.delivered)) {
      const said = decodePresence(bytes)
      member.said = said
      // a message without a watermark takes none back
      member.delivered = { ...member.delivered, ...message }
      this.clock.setTimer(() => { this.deliver(member, this.members.values(), said, bytes) }, SPREAD)
    } else if (member.missed.size > 0) {
      const said = decodePresence(bytes)
      this.clock.setTimer(() => { this.deliver(member, [...member.missed], said, bytes) }, SPREAD)
    }
  }

  private deliver (speaker: Member, members: Iterable<Member>, presence: Presence, bytes: Uint8Array): void {
    const { self } = speaker.port
    const addresses = [addressOf(speaker.port)]

    for (const member of members) {
      if (member === speaker || member.parts == null || !member.port.up) {
        speaker.missed.delete(member)
        continue
      }

      if (!this.reaches(self, member.port.self)) {
        speaker.missed.add(member)
        continue
      }

      // a watermark that it missed comes with the message that has it again
      if (presence.watermark != null || speaker.delivered?.watermark == null) {
        speaker.missed.delete(member)
      }

      if (matters(self, member.parts)) {
        member.parts.directory.located(self, addresses)
        member.listener(self, bytes)
      } else {
        enter(member, speaker, presence)
      }
    }
  }
}

/** True if there is something in it that a listener would do something about; uptime and count go on by themselves. */
function isNews (said: PresenceMessage, before: PresenceMessage): boolean {
  return said.kind === PresenceMessage.Kind.CHAU || Buffer.compare(said.boot, before.boot) !== 0 || said.state !== before.state || said.accepting !== before.accepting ||
    (said.watermark != null && (before.watermark == null || Buffer.compare(said.watermark, before.watermark) !== 0))
}

function enter (member: Member, speaker: Member, presence: Presence): void {
  const { self } = speaker.port

  if (member.parts.directory.get(self)?.addresses.length !== 1) {
    member.parts.directory.located(self, [addressOf(speaker.port)])
  }

  member.parts.directory.heard(self, presence)
}

/** It holds for the speaker, has it as a confidant, or holds beside it. */
function matters (speaker: string, { held, owning }: StashParts): boolean {
  return held.get(speaker) != null || owning?.replication.confidants.includes(speaker) === true ||
    held.list().some(({ placement }) => placement.holders.includes(speaker))
}

function addressOf (port: SimPort): string {
  return `/ip4/${port.address}/tcp/4001`
}
