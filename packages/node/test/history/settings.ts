import { soulFromSeed } from '@nara-stash/crypto'
import { MemoryDatastore } from 'datastore-core'
import { peerIdOf } from '../../src/identity.ts'
import type { Merge } from '../../src/api.ts'
import type { NaraInit } from '../simulated/world.ts'
import type { Help, Plan } from './plan.ts'

const ANYBODY: Help = { surrogates: 'any', listed: [] }

/** What the processes of each nara are started with. */
export class Settings {
  private readonly plan: Plan
  private readonly mergeOf: (nara: number) => Merge
  /** Whom each owner's holders may ask, from its next process on. */
  private readonly help: Map<number, Help>

  constructor (plan: Plan, mergeOf: (nara: number) => Merge) {
    this.plan = plan
    this.mergeOf = mergeOf
    this.help = new Map(plan.help.entries())
  }

  /** From its next process on. */
  allow (nara: number, help: Help): void {
    this.help.set(nara, help)
  }

  /** Of the first process, whose soul is new. */
  first (nara: number): NaraInit {
    return { ...this.twin(nara), fresh: true, ...(this.plan.keepers.includes(nara) ? { datastore: new MemoryDatastore() } : {}) }
  }

  /** What is another thing in its next one. */
  next (nara: number): Partial<NaraInit> {
    const { surrogates, listed } = this.help.get(nara) ?? ANYBODY
    // what is not said the second time stays as it was
    const hadList = this.plan.help[nara]?.surrogates === 'listed'

    return { surrogates, ...(surrogates === 'listed' ? { allow: listed.map(idOf) } : hadList ? { allow: Array.from({ length: this.plan.naras }, (_, i) => idOf(i)) } : {}) }
  }

  /** Of a second process with its soul: nothing is on a disk. */
  twin (nara: number): NaraInit {
    const { gossip, minConnections, repairDelay, target, merge } = this.plan

    return { fresh: false, gossip, minConnections, repairDelay, target, ...(merge ? { merge: this.mergeOf(nara) } : {}), ...this.next(nara) }
  }
}

/** The n-th nara of a world has this id, also before it is there. */
export function idOf (n: number): string {
  return peerIdOf(soulFromSeed(new Uint8Array(32).fill(n + 1), `nara ${n}`))
}
