import { Nara } from '../simulated/world.ts'
import { Application } from './application.ts'
import type { NaraInit, World } from '../simulated/world.ts'
import type { Machines } from './machines.ts'
import type { Recorder } from './recorder.ts'

/** Second processes of owners, each on the same machine and in a folder of its own. */
export class Doubles {
  /** A second process is being made. */
  isMaking = false
  /** Owners that ever had one. */
  readonly had = new Set<Nara>()

  private readonly world: World
  private readonly recorder: Recorder
  private readonly machines: Machines
  private readonly twins = new Map<Nara, { nara: Nara, application: Application }>()
  private count = 0

  constructor (world: World, recorder: Recorder, machines: Machines) {
    this.world = world
    this.recorder = recorder
    this.machines = machines
  }

  /** The second process of `owner`, while it is up. */
  of (owner: Nara): { nara: Nara, application: Application } | undefined {
    const twin = this.twins.get(owner)

    return twin?.nara.up === true ? twin : undefined
  }

  async start (owner: Nara, near: readonly Nara[], init: NaraInit): Promise<void> {
    if (!owner.up || this.of(owner) != null) {
      return
    }

    this.isMaking = true
    const nara = new Nara(this.world, owner.soul, init)
    this.isMaking = false
    this.twins.set(owner, { nara, application: new Application(nara, this.recorder, `t${++this.count}`) })
    this.had.add(owner)
    await nara.start()
    near.forEach(peer => { this.machines.meet(nara, peer) })
  }

  /** One of the two ends; the other is the owner's process from then on. */
  async part (owner: Nara, who: 'first' | 'twin', how: 'kill' | 'cut' | 'stop'): Promise<void> {
    const twin = this.of(owner)?.nara

    if (twin == null) {
      return
    }

    await this.machines.fall(who === 'twin' && owner.up ? twin : owner, how)

    if (!owner.up) {
      owner.process = twin.process
    }

    this.twins.delete(owner)
  }
}
