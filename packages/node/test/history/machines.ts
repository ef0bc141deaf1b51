import type { Nara, NaraInit, Process, World } from '../simulated/world.ts'
import type { Step } from './plan.ts'
import type { Recorder } from './recorder.ts'

const minute = 60_000

/** What befalls machines. */
export type Fate = Extract<Step, { do: 'meet all' | 'partition' | 'heal' | 'slow' | 'lose' | 'sleep' | 'wake' | 'jump' }>

/** Machines and the wires between them, and what is done to them. */
export class Machines {
  private readonly world: World
  private readonly recorder: Recorder
  /** By how much the wall clock of each is wrong. */
  private readonly skews = new Map<string, number>()
  /** Those that keep what they hold for others over a restart. */
  private readonly onDisk = new WeakSet<Process>()

  constructor (world: World, recorder: Recorder) {
    this.world = world
    this.recorder = recorder
  }

  /** By how much the wall clock of a machine is wrong: the next process on it has the same. */
  skew (nara: string): number {
    return this.skews.get(nara) ?? 0
  }

  /** A process is about to start. */
  begins (process: Process, isOnDisk: boolean): void {
    if (isOnDisk) {
      this.onDisk.add(process)
    }
  }

  befall (step: Fate): void {
    const { world: { net }, recorder } = this

    switch (step.do) {
      case 'meet all':
        net.connectAll()
        break
      case 'partition': {
        const group = step.group.map(i => this.nara(i).id)
        net.partition([group])
        recorder.note({ type: 'partition', groups: [group] })
        break
      }
      case 'heal':
        net.heal()
        recorder.note({ type: 'partition', groups: [] })
        break
      case 'slow':
        net.slow(this.nara(step.nara).id, step.factor)
        recorder.note({ type: 'slow', nara: this.nara(step.nara).id, factor: step.factor })
        break
      case 'lose':
        net.conditions.base.loss = step.share
        recorder.note({ type: 'loss', share: step.share })
        break
      case 'sleep':
      case 'wake':
        this.doze(this.nara(step.nara), step)
        break
      case 'jump':
        this.jump(step)
    }
  }

  /** Ends a process. */
  async fall (nara: Nara, how: 'kill' | 'cut' | 'stop'): Promise<void> {
    if (!nara.up) {
      return
    }

    if (how === 'stop' && !this.isAsleep(nara)) {
      await this.world.of(nara.stop(), 2 * minute)
      nara.kill()
    } else if (how === 'cut') {
      nara.cut()
    } else {
      nara.kill()
    }

    this.recorder.died(nara.process, how, this.onDisk.has(nara.process))
  }

  /** Starts another process, connected to those who are `near`. */
  async start (nara: Nara, near: readonly Nara[], changes: Partial<NaraInit> = {}): Promise<void> {
    if (!nara.up) {
      await nara.restart(changes)
      near.forEach(peer => { this.meet(nara, peer) })
    }
  }

  /** Cut off from each other if they were connected, connected if they were not. */
  turn (a: Nara, b: Nara): void {
    const { net } = this.world

    if (a.id !== b.id && a.up && net.connections(a.process.port, b.id).length > 0) {
      net.disconnect(a.process.port, b.id)
    } else {
      this.meet(a, b)
    }
  }

  /** Connected, if that can be. */
  meet (a: Nara, b: Nara): void {
    const { net } = this.world

    if (a.id !== b.id && a.up && b.up && net.connections(a.process.port, b.id).length === 0 && net.conditions.reachable(a.id, b.id) && !this.isAsleep(a) && !this.isAsleep(b)) {
      net.connect(a.process.port, b.process.port)
    }
  }

  private isAsleep (nara: Nara): boolean {
    return this.world.net.isSuspended(nara.process.port)
  }

  private doze (nara: Nara, step: Extract<Step, { do: 'sleep' | 'wake' }>): void {
    const { world: { net }, recorder } = this

    if (!nara.up) {
      return
    }

    if (step.do === 'sleep') {
      net.suspend(nara.process.port)
      recorder.note({ type: 'sleep', nara: recorder.nameOf(nara.process) })
    } else {
      net.resume(nara.process.port, step)
      recorder.note({ type: 'wake', nara: recorder.nameOf(nara.process), counted: step.counted })
    }
  }

  private jump ({ nara, clock, ms }: Extract<Step, { do: 'jump' }>): void {
    const { id, up, process } = this.nara(nara)
    const { clock: host } = process.port

    if (!up) {
      return
    }

    if (clock === 'own') {
      host.jump(ms)
    }

    // a machine that slept for so long finds its wall clock further on, too; the next process on it has the same
    host.wallSkew += ms
    this.skews.set(id, host.wallSkew)
    this.recorder.note({ type: 'jump', nara: this.recorder.nameOf(process), clock, ms })
  }

  private nara (i: number): Nara {
    return this.world.naras[i] as Nara
  }
}
