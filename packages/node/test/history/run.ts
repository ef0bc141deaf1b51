import { lying, seededRandom, seedPlatformRandomness } from '@nara-stash/testing'
import { World } from '../simulated/world.ts'
import { Application } from './application.ts'
import { Doubles } from './doubles.ts'
import { Folders } from './folders.ts'
import { Machines } from './machines.ts'
import { Recorder } from './recorder.ts'
import { Settings, idOf } from './settings.ts'
import type { Nara, Process } from '../simulated/world.ts'
import type { Entry } from './entries.ts'
import type { Plan, Step } from './plan.ts'

const second = 1_000
const minute = 60 * second

/** Within this everybody within reach has found everybody, and what is to be repaired is. */
const QUIET = 15 * minute

export interface RunOptions {
  /** Does something to the world that its naras and the one who writes down do not know of. */
  plant? (world: World): () => void
}

/** Carries out a plan in a world of its own; returns what happened. */
export async function run (plan: Plan, options: RunOptions = {}): Promise<Entry[]> {
  // the nonce of a body, and with it the record's id and the holders' ranks, is to follow from the seed, too
  const restore = seedPlatformRandomness(seededRandom(plan.seed))

  try {
    return await new Run(plan, options).run()
  } finally {
    restore()
  }
}

class Run {
  private readonly plan: Plan
  private readonly options: RunOptions
  private readonly world: World
  private readonly recorder: Recorder
  private readonly machines: Machines
  private readonly folders = new Folders()
  private unplant: () => void
  private readonly applications = new Map<Nara, Application>()
  private readonly settings: Settings
  private readonly doubles: Doubles

  constructor (plan: Plan, options: RunOptions) {
    this.plan = plan
    this.options = options
    this.world = new World({
      seed: plan.seed,
      latency: [1, plan.latency],
      lingerMs: 30 * second,
      onProcess: (nara, process) => {
        this.begins(nara, process)
      }
    })
    this.settings = new Settings(plan, i => (a, b) => this.application(this.nara(i)).merge(a, b))
    this.recorder = new Recorder(this.world)
    this.machines = new Machines(this.world, this.recorder)
    this.doubles = new Doubles(this.world, this.recorder, this.machines)
    this.recorder.tap()
    this.unplant = options.plant?.(this.world) ?? (() => {})
  }

  async run (): Promise<Entry[]> {
    const { plan, world, recorder } = this

    for (let i = 0; i < plan.naras; i++) {
      const nara = await world.nara(this.settings.first(i))
      this.applications.set(nara, new Application(nara, recorder))
    }

    world.net.connectAll()
    await world.run(second)

    for (const step of plan.steps) {
      await this.step(step)
      recorder.look()
    }

    await this.quiet()

    return recorder.entries
  }

  private async step (step: Step): Promise<void> {
    const { world } = this

    switch (step.do) {
      case 'write':
        this.actor(step)?.write(step.bytes)
        await world.run(step.ms)
        break
      case 'wait':
        await this.wait(step.ms)
        break
      case 'kill':
      case 'cut':
      case 'stop':
        await this.machines.fall(this.nara(step.nara), step.do)
        break
      case 'start':
        await this.start(step)
        break
      case 'twin':
        await this.doubles.start(this.nara(step.owner), step.near.map(i => this.nara(i)), this.settings.twin(step.owner))
        break
      case 'part':
        await this.doubles.part(this.nara(step.owner), step.who, step.how)
        break
      case 'lie':
        this.lie(step)
        break
      case 'push':
        await world.of(this.nara(step.nara).stash.pushTo(this.nara(step.owner).id).catch(() => {}))
        break
      case 'hand on':
        await this.handOn(step.nth, this.nara(step.to), this.nara(step.owner))
        break
      case 'decide':
        await world.of(this.actor(step)?.decide(step.how, step.nth) ?? Promise.resolve())
        break
      case 'forget':
        this.actor(step)?.forget()
        break
      case 'turn':
        this.machines.turn(this.processOf(step.nara, step.twin), this.nara(step.peer))
        break
      default:
        this.machines.befall(step)
    }
  }

  private begins (nara: Nara, process: Process): void {
    const { machines, doubles, folders, plan } = this
    const keeps = !doubles.isMaking && plan.keepers.some(i => idOf(i) === nara.id)

    process.port.clock.wallSkew = machines.skew(nara.id)
    machines.begins(process, keeps)
    this.recorder.process(nara, process, { keeps, knows: doubles.isMaking ? undefined : folders.process(nara, process), speaks: plan.gossip })
  }

  /** The nara, or its second process if that is meant. */
  private processOf (nara: number, isTwin = false): Nara {
    const first = this.nara(nara)

    return isTwin ? this.doubles.of(first)?.nara ?? first : first
  }

  private actor ({ owner, twin = false }: { owner: number, twin?: boolean }): Application | undefined {
    return twin ? this.doubles.of(this.nara(owner))?.application : this.application(this.nara(owner))
  }

  private async start ({ nara, near, home = false, help }: Extract<Step, { do: 'start' }>): Promise<void> {
    const one = this.nara(nara)

    if (one.up) {
      return
    }

    if (help != null) {
      this.settings.allow(nara, help)
    }

    await this.machines.start(one, near.map(i => this.nara(i)), { ...this.settings.next(nara), ...this.folders.enter(one.id, home) })
  }

  private lie ({ nara, lie, about }: Extract<Step, { do: 'lie' }>): void {
    const liar = this.nara(nara).id

    this.recorder.note({ type: 'lie', nara: liar, lie })
    this.world.net.intercept(lying(liar, lie, about.map(i => this.nara(i).id).filter(id => id !== liar)))
    // what it says is written down as the others hear it
    this.recorder.tap()
    this.unplant()
    this.unplant = this.options.plant?.(this.world) ?? (() => {})
  }

  private async handOn (n: number, to: Nara, owner: Nara): Promise<void> {
    const holders = this.world.naras.filter(nara => nara !== to && nara.up && nara.holds(owner) != null)
    const from = holders[n % holders.length]
    const whole = await from?.process.parts.held.read(owner.id)

    if (from != null && to !== owner && whole != null) {
      const { stash: { record, placement, leaseRemaining }, body } = whole
      await this.world.of(from.process.port.ask(to.id, { type: 'store', record, placement, leaseRemaining, liveHolders: [], body }).catch(() => {}))
    }
  }

  /** Time passes, and is looked at now and then. */
  private async wait (ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= minute) {
      await this.world.run(Math.min(left, minute))
      this.recorder.look()
    }
  }

  private async quiet (): Promise<void> {
    const { world, recorder, machines, plan } = this
    const everybody = Array.from({ length: plan.naras }, (_, i) => i)

    machines.befall({ do: 'heal' })
    machines.befall({ do: 'lose', share: 0 })

    for (const owner of everybody) {
      await this.doubles.part(this.nara(owner), 'twin', 'kill')
    }

    for (const nara of everybody) {
      machines.befall({ do: 'slow', nara, factor: 1 })
      machines.befall({ do: 'wake', nara, counted: false })
      await this.start({ do: 'start', nara, near: [] })
    }

    // who was connected with both does not come again to the one that is left
    this.doubles.had.forEach(owner => { world.naras.forEach(({ id }) => { world.net.disconnect(owner.process.port, id) }) })
    world.net.connectAll()
    await this.wait(minute)
    world.net.connectAll()
    recorder.note({ type: 'quiet' })
    await this.wait(QUIET)
    recorder.note({ type: 'end' })

    if (plan.away) {
      await this.away(this.nara(0))
    }
  }

  /** The owner dies, then one of its holders; the others make good for it, and it finds its stash. */
  private async away (owner: Nara): Promise<void> {
    const { world, recorder } = this
    const everybody = [...world.naras.keys()]
    const holder = world.naras.find(nara => nara !== owner && nara.holds(owner) === owner.process.parts.owning?.own.current?.record.id)

    if (owner.state !== 'settled' || holder == null) {
      return
    }

    await this.machines.fall(owner, 'cut')
    await this.wait(2 * minute)
    recorder.note({ type: 'alone', owner: owner.id })
    await this.machines.fall(holder, 'cut')
    await this.wait(QUIET)
    recorder.note({ type: 'alone end', owner: owner.id })
    await this.start({ do: 'start', nara: world.naras.indexOf(holder), near: everybody })
    await this.start({ do: 'start', nara: 0, near: everybody })
    await this.wait(QUIET)
    recorder.note({ type: 'end' })
  }

  private application (nara: Nara): Application {
    return this.applications.get(nara) as Application
  }

  private nara (i: number): Nara {
    return this.world.naras[i] as Nara
  }
}
