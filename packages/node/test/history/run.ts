import { lying, seededRandom } from '@nara-stash/testing'
import { MemoryDatastore } from 'datastore-core'
import { World } from '../simulated/world.ts'
import { buildsOf, textOf } from './entries.ts'
import { Recorder } from './recorder.ts'
import type { Merge } from '../../src/api.ts'
import type { Nara } from '../simulated/world.ts'
import type { Entry } from './entries.ts'
import type { Plan, Step } from './plan.ts'

const second = 1_000
const minute = 60 * second

/** Within this everybody within reach has found everybody, and what is to be repaired is. */
const QUIET = 15 * minute

/** So long may the application wait for copies. */
const WRITE_TIMEOUT = 30 * second

/** What the application of one owner knows. */
interface Application {
  /** The writes that its present process has read or made. */
  knows: Set<string>
  /** The process that knows it. */
  process: object | undefined
  writes: number
  /** A deletion is under way. */
  deletes: boolean
}

export interface RunOptions {
  /** Does something to the world that its naras and the one who writes down do not know of. */
  plant? (world: World): () => void
}

/** Carries out a plan in a world of its own; returns what happened. */
export async function run (plan: Plan, options: RunOptions = {}): Promise<Entry[]> {
  const { crypto } = globalThis
  const secure = crypto.getRandomValues
  const random = seededRandom(plan.seed)

  // the nonce of a body, and with it the record's id and the holders' ranks, is to follow from the seed, too
  crypto.getRandomValues = array => {
    if (array != null) {
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(random.bytes(array.byteLength))
    }

    return array
  }

  try {
    return await new Run(plan, options).run()
  } finally {
    crypto.getRandomValues = secure
  }
}

class Run {
  private readonly plan: Plan
  private readonly options: RunOptions
  private readonly world: World
  private readonly recorder: Recorder
  private unplant: () => void
  /** By how much the wall clock of each machine is wrong. */
  private readonly skews = new Map<string, number>()
  private readonly applications = new Map<Nara, Application>()

  constructor (plan: Plan, options: RunOptions) {
    this.plan = plan
    this.options = options
    this.world = new World({
      seed: plan.seed,
      latency: [1, plan.latency],
      lingerMs: 30 * second,
      onProcess: (nara, process) => {
        process.port.clock.wallSkew = this.skews.get(nara.id) ?? 0
        this.recorder.process(nara, process)
      }
    })
    this.recorder = new Recorder(this.world)
    this.recorder.tap()
    this.unplant = options.plant?.(this.world) ?? (() => {})
  }

  async run (): Promise<Entry[]> {
    const { plan, world, recorder } = this
    const { gossip, minConnections, repairDelay, target } = plan

    for (let i = 0; i < plan.naras; i++) {
      const merge: { merge?: Merge } = plan.merge ? { merge: (a, b) => this.merge(i, a, b) } : {}
      const datastore = plan.keepers.includes(i) ? { datastore: new MemoryDatastore() } : {}
      const nara = await world.nara({ fresh: true, gossip, minConnections, repairDelay, target, ...merge, ...datastore })
      this.applications.set(nara, { knows: new Set(), process: undefined, writes: 0, deletes: false })
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
    const { world, recorder } = this

    switch (step.do) {
      case 'write':
        this.write(this.nara(step.owner), step.bytes)
        await world.run(step.ms)
        break
      case 'wait':
        await this.wait(step.ms)
        break
      case 'kill':
      case 'cut':
      case 'stop':
        await this.fall(this.nara(step.nara), step.do)
        break
      case 'start':
        await this.start(this.nara(step.nara), step.near.map(i => this.nara(i)))
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
        await this.decide(this.nara(step.owner), step)
        break
      case 'forget':
        this.forget(this.nara(step.owner))
        break
      case 'jump':
        this.jump(step)
        break
      default:
        this.network(step)
    }
  }

  /** What befalls the wires. */
  private network (step: Extract<Step, { do: 'turn' | 'meet all' | 'partition' | 'heal' | 'slow' | 'lose' | 'sleep' | 'wake' }>): void {
    const { world: { net }, recorder } = this

    switch (step.do) {
      case 'turn':
        this.turn(this.nara(step.nara), this.nara(step.peer))
        break
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
    }
  }

  private doze (nara: Nara, step: Extract<Step, { do: 'sleep' | 'wake' }>): void {
    const { world: { net }, recorder } = this

    if (!nara.up) {
      return
    }

    if (step.do === 'sleep') {
      net.suspend(nara.id)
      recorder.note({ type: 'sleep', nara: nara.id })
    } else {
      net.resume(nara.id, step)
      recorder.note({ type: 'wake', nara: nara.id, counted: step.counted })
    }
  }

  private jump ({ nara, clock, ms }: Extract<Step, { do: 'jump' }>): void {
    const { id, up, process: { port: { clock: host } } } = this.nara(nara)

    if (!up) {
      return
    }

    if (clock === 'own') {
      host.jump(ms)
    }

    // a machine that slept for so long finds its wall clock further on, too; the next process on it has the same
    host.wallSkew += ms
    this.skews.set(id, host.wallSkew)
    this.recorder.note({ type: 'jump', nara: id, clock, ms })
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

  /** The application reads what there is and adds one write of its own. */
  private write (owner: Nara, bytes: number): void {
    const application = this.applications.get(owner) as Application
    const { process } = owner

    if (!owner.up) {
      return
    }

    if (application.process !== process) {
      Object.assign(application, { process, knows: new Set(), deletes: false })
    }

    // what is being deleted is not read any longer
    if (!application.deletes && (owner.state === 'settled' || owner.state === 'empty')) {
      const current = owner.stash.getStashData()?.data
      buildsOf(current == null ? undefined : new TextDecoder().decode(current)).forEach(write => application.knows.add(write))
    }

    const write = `w${++application.writes}`
    const text = textOf({ owner: owner.id, write, builds: [...application.knows, write] }, bytes)

    application.knows.add(write)
    this.recorder.note({ type: 'write', owner: owner.id, write, text })
    owner.put(text, { timeout: WRITE_TIMEOUT }).then(
      ({ outcome }) => { this.recorder.note({ type: 'told', owner: owner.id, write, outcome }) },
      (err: Error) => {
        application.knows = new Set()
        this.recorder.note({ type: 'refused', owner: owner.id, write, error: err.name })
      }
    )
  }

  private merge (owner: number, a: Uint8Array, b: Uint8Array): Uint8Array {
    const decoder = new TextDecoder()
    const builds = buildsOf(decoder.decode(a)).union(buildsOf(decoder.decode(b)))
    const text = textOf({ owner: this.nara(owner).id, write: [...builds].at(-1) ?? '', builds: [...builds] })

    this.recorder.note({ type: 'merge', owner: this.nara(owner).id, text })

    return new TextEncoder().encode(text)
  }

  private async fall (nara: Nara, how: 'kill' | 'cut' | 'stop'): Promise<void> {
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

    this.recorder.died(nara, how, this.plan.keepers.includes(this.world.naras.indexOf(nara)))
  }

  private async start (nara: Nara, near: readonly Nara[]): Promise<void> {
    if (!nara.up) {
      await nara.restart()
      near.forEach(peer => { this.meet(nara, peer) })
    }
  }

  private turn (a: Nara, b: Nara): void {
    const { net } = this.world

    if (a !== b && net.connections(a.process.port, b.id).length > 0) {
      net.disconnect(a.process.port, b.id)
    } else {
      this.meet(a, b)
    }
  }

  private meet (a: Nara, b: Nara): void {
    const { net } = this.world

    if (a !== b && a.up && b.up && net.connections(a.process.port, b.id).length === 0 && net.conditions.reachable(a.id, b.id) && !this.isAsleep(a) && !this.isAsleep(b)) {
      net.connect(a.process.port, b.process.port)
    }
  }

  private isAsleep (nara: Nara): boolean {
    return this.world.net.isSuspended(nara.id)
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

  /** A person is asked about a doubt. */
  private async decide (owner: Nara, { how, nth }: Extract<Step, { do: 'decide' }>): Promise<void> {
    const { recorder, world } = this
    const { stash } = owner
    const readable = owner.up && stash.state === 'doubtful' ? stash.status().recovery.doubt?.records.filter(({ readable }) => readable) ?? [] : []
    const one = readable[nth % readable.length]

    if (!owner.up || stash.state !== 'doubtful' || (one == null && how !== 'fresh')) {
      return
    }

    const { process } = owner
    recorder.note({ type: 'choose', owner: owner.id, how })

    try {
      await world.of<unknown>(how === 'fresh' ? stash.startFresh() : how === 'adopt' ? stash.adopt(one?.id ?? '', { timeout: WRITE_TIMEOUT }) : stash.acceptOlder({ timeout: WRITE_TIMEOUT }))
      recorder.note({ type: 'chose', owner: owner.id, how, text: owner.text })
    } catch (err) {
      recorder.note({ type: 'chose', owner: owner.id, how, text: undefined, error: (err as Error).name })
    }

    // what it knew was about what is not current any longer
    Object.assign(this.applications.get(owner) ?? {}, { knows: buildsOf(owner.text), process })
  }

  /** The application deletes what there is. */
  private forget (owner: Nara): void {
    const application = this.applications.get(owner) as Application

    if (!owner.up || owner.state !== 'settled') {
      return
    }

    const write = `f${++application.writes}`
    const ends = [...buildsOf(owner.text).union(application.process === owner.process ? application.knows : new Set<string>())]

    const { process } = owner
    const done = (): void => { application.deletes &&= application.process !== process }

    Object.assign(application, { process, knows: new Set(), deletes: true })
    this.recorder.note({ type: 'forget', owner: owner.id, write, ends })
    owner.stash.forgetStash({ timeout: WRITE_TIMEOUT }).then(
      ({ outcome }) => {
        done()
        this.recorder.note({ type: 'forgotten', owner: owner.id, write, outcome })
      },
      (err: Error) => {
        done()
        this.recorder.note({ type: 'refused', owner: owner.id, write, error: err.name })
      }
    )
  }

  /** Time passes, and is looked at now and then. */
  private async wait (ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= minute) {
      await this.world.run(Math.min(left, minute))
      this.recorder.look()
    }
  }

  private async quiet (): Promise<void> {
    const { world, recorder, plan } = this
    const everybody = Array.from({ length: plan.naras }, (_, i) => i)

    this.network({ do: 'heal' })
    this.network({ do: 'lose', share: 0 })

    for (const nara of everybody) {
      this.network({ do: 'slow', nara, factor: 1 })
      this.network({ do: 'wake', nara, counted: false })
      await this.start(this.nara(nara), [])
    }

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
    const holder = world.naras.find(nara => nara !== owner && nara.holds(owner) === owner.process.parts.owning?.own.current?.record.id)

    if (owner.state !== 'settled' || holder == null) {
      return
    }

    await this.fall(owner, 'cut')
    await this.wait(2 * minute)
    recorder.note({ type: 'alone', owner: owner.id })
    await this.fall(holder, 'cut')
    await this.wait(QUIET)
    recorder.note({ type: 'alone end', owner: owner.id })
    await this.start(holder, world.naras)
    await this.start(owner, world.naras)
    await this.wait(QUIET)
    recorder.note({ type: 'end' })
  }

  private nara (i: number): Nara {
    return this.world.naras[i] as Nara
  }
}
