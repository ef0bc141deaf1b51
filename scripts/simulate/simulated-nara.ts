import { exponential, seededRandom } from '@nara-stash/testing'
import { contentOf, versionIn } from './content.ts'
import { bootProcess, withoutOwnersRepair } from './process.ts'
import { Schedule } from './schedule.ts'
import { Story } from './story.ts'
import type { Returns } from './counts.ts'
import type { Process } from './process.ts'
import type { World } from './world.ts'
import type { Soul } from '@nara-stash/crypto'
import type { Random } from '@nara-stash/protocol'

/** After "empty" or a doubt the network is searched for copies that may still come, this often. Milliseconds. */
const LOOK_AGAIN = 60_000
/** A write waits this long for its copies; they are made afterwards, too. Milliseconds. */
const WRITE_TIMEOUT = 5 * 60_000
/** What follows a change of copies at once is known after this long. Milliseconds. */
const SOON = 1_000
/** A doubt that lasts this long is the outcome, and the user decides. Milliseconds. */
const DOUBT_LASTS = 10 * 60_000

export interface NaraInit {
  index: number
  id: string
  soul: Soul
  address: string
  seed: number
}

/**
 * One nara over all its processes: owner of a stash and holder for others. It knows the truth about its own stash (what was written and what was
 * acknowledged) and judges each return by it.
 */
export class SimulatedNara {
  readonly story = new Story()
  /** The last version that minCopies acknowledged, and its record. */
  kept: number | undefined
  keptId: string | undefined
  process: Process | undefined

  private readonly world: World
  private readonly init: NaraInit
  private readonly schedule: Schedule
  private readonly writing: Random
  private boots = 0
  private written = 0
  private upSince = 0
  /** What the present return has come to; undefined when there is none to judge. */
  private outcome: keyof Returns | 'open' | undefined
  private toldEmpty = false
  /** Brings back the owner's repair, where it was taken out. */
  private restoreRepair: (() => void) | undefined
  /** Copies of a record that its owner has brought out so far. */
  private stored: { id: string, count: number } = { id: '', count: 0 }

  constructor (world: World, init: NaraInit) {
    this.world = world
    this.init = init
    this.schedule = new Schedule(world.init, 2 * init.seed)
    this.writing = seededRandom(2 * init.seed + 1)
  }

  get id (): string {
    return this.init.id
  }

  get index (): number {
    return this.init.index
  }

  get isUp (): boolean {
    return this.process != null
  }

  /** Starts a process that will end by the schedule. */
  rise (): void {
    const { world, init } = this
    const fresh = this.written === 0
    const process = bootProcess(world, { ...init, fresh, seed: init.seed * 4_096 + ++this.boots })

    this.process = process
    this.upSince = world.clock.now()
    this.outcome = this.kept == null ? undefined : 'open'
    this.toldEmpty = false
    this.restoreRepair = undefined
    this.note('its owner is up')
    this.listen(process)

    if (this.kept != null) {
      this.stopRepair()
    }

    void this.start(process)
    world.clock.setTimer(() => { this.end(process) }, this.schedule.session())
    this.planRewrite(process)
  }

  /** Says how the present return ended, if it has not been said. */
  close (): void {
    this.learnKept()

    if (this.outcome === 'open') {
      this.decide('unresolved')
    }

    this.outcome = undefined
  }

  note (text: string): void {
    this.story.note(this.world.clock.now(), text)
  }

  /** True while its own RAM has what it wrote. */
  get hasOwn (): boolean {
    return this.process?.parts.owning?.own.current != null
  }

  /** What it holds of `owner`: the record's id. */
  holds (owner: string): string | undefined {
    return this.process?.parts.held.get(owner)?.record.id
  }

  private async start ({ service, parts }: Process): Promise<void> {
    await service.start()
    this.world.board.listen(this.id, parts)
    await service.afterStart()
  }

  /** Ends its process, if that is still this one. */
  end (process = this.process): void {
    const { world } = this

    if (process == null || process !== this.process) {
      return
    }

    if (world.init.end === 'leave') {
      void process.service.beforeStop()
        .then(async () => { await process.service.stop() })
        .finally(() => { this.fall(process) })
    } else {
      this.fall(process)
    }
  }

  private fall (process: Process): void {
    const { world } = this
    const held = process.parts.held.list().map(({ record }) => record.owner)

    this.close()
    world.counts.upTime += world.clock.now() - this.upSince
    world.board.leave(process.port)
    this.process = undefined

    if (world.init.end === 'power-cut') {
      world.net.kill(process.port)
    } else {
      world.net.crash(process.port)
    }

    this.note(`its owner is down; holders: ${world.holdersOf(this).map(({ index }) => index).join(', ')}`)
    held.forEach(owner => { world.nara(owner)?.holderFell(this.index) })
    world.clock.setTimer(() => { this.rise() }, this.schedule.absence())
  }

  private holderFell (index: number): void {
    this.note(`holder ${index} is down; left: ${this.world.holdersOf(this).map(({ index }) => index).join(', ')}`)
  }

  private listen ({ service, parts }: Process): void {
    const { counts } = this.world

    service.addEventListener('stash:state', ({ detail: { state } }) => {
      this.note(`its owner is ${state}`)

      if (state === 'settled') {
        this.judge()
      } else if (state === 'empty') {
        this.nothingThere()
      } else if (state === 'doubtful') {
        this.lookInDoubt(this.world.clock.now())
      }
    })
    service.addEventListener('stash:copies', ({ detail: { have } }) => {
      this.note(`its owner counts ${have} copies`)
      this.learnKept()
      this.after(SOON, () => { this.learnKept() })
    })
    service.addEventListener('stash:found', () => { counts.recovered++ })
    parts.confidant.addEventListener('held:stored', ({ detail: { record, from } }) => {
      this.world.nara(record.owner)?.storedAt(this.index, record.id, from)
    })
    parts.confidant.addEventListener('held:dropped', ({ detail: { owner, why } }) => {
      this.world.nara(owner)?.note(`holder ${this.index} drops it: ${why}`)
    })
  }

  private storedAt (holder: number, record: string, from: string): void {
    const { moved } = this.world.counts

    this.note(`stored at ${holder} by ${from === this.id ? 'its owner' : this.world.nara(from)?.index ?? from}`)

    if (from !== this.id) {
      moved.byHolders++
      return
    }

    this.stored = this.stored.id === record ? { id: record, count: this.stored.count + 1 } : { id: record, count: record === this.keptId ? Infinity : 1 }

    if (this.stored.count <= this.world.init.target) {
      moved.written++
    } else {
      moved.byOwner++
    }
  }

  private judge (): void {
    const n = this.version()

    if (this.written === 0 || this.outcome !== 'open' || this.kept == null) {
      return
    }

    this.decide(n == null ? 'foreign' : n < this.kept ? 'older' : 'newest')
  }

  private decide (outcome: keyof Returns): void {
    const { counts } = this.world

    this.outcome = outcome
    counts.returns[outcome]++
    counts.late += outcome === 'newest' && this.toldEmpty ? 1 : 0
    this.note(`outcome of the return: ${outcome}`)

    if (outcome === 'lost') {
      this.world.onLost(this)
      this.kept = undefined
      this.keptId = undefined
      this.restoreRepair?.()
      this.restoreRepair = undefined
    }
  }

  private nothingThere (): void {
    if (this.kept == null) {
      void this.write()
    } else if (this.outcome === 'open') {
      this.toldEmpty = true
      this.after(LOOK_AGAIN, () => { this.lookWhenEmpty() })
    }
  }

  private lookWhenEmpty (): void {
    if (this.outcome !== 'open' || this.state !== 'empty') {
      return
    }

    if (this.world.holdersOf(this).length > 0) {
      this.after(LOOK_AGAIN, () => { this.lookWhenEmpty() })
    } else {
      this.decide('lost')
      void this.write()
    }
  }

  private lookInDoubt (since: number): void {
    if (this.outcome !== 'open' || this.state !== 'doubtful') {
      return
    }

    if (this.world.holdersOf(this).length === 0) {
      this.decide('lost')
      void this.startAnew()
    } else if (this.world.clock.now() - since > DOUBT_LASTS) {
      this.decide('doubtful')
      void this.startAnew()
    } else {
      this.after(LOOK_AGAIN, () => { this.lookInDoubt(since) })
    }
  }

  /** What a user does about a doubt that does not end. */
  private async startAnew (): Promise<void> {
    this.process?.service.clearMyStash()
  }

  private get state (): string | undefined {
    return this.process?.service.state
  }

  /** Which version its process has. */
  private version (): number | undefined {
    const data = this.process?.parts.owning?.own.current?.data

    return data == null ? undefined : versionIn(data, this.index)
  }

  private async write (): Promise<void> {
    const { process, world } = this

    if (process == null) {
      return
    }

    world.counts.writes++

    const n = ++this.written

    try {
      const { outcome } = await process.service.setStashData(contentOf(this.index, n, world.init.bytes), { timeout: WRITE_TIMEOUT })
      this.note(`write ${n}: ${outcome}`)
    } catch (err) {
      this.note(`write ${n}: ${(err as Error).message}`)
    }

    if (this.process === process) {
      this.learnKept()
    }
  }

  private planRewrite (process: Process): void {
    if (Number.isFinite(this.world.init.rewrite)) {
      process.port.clock.setTimer(() => {
        if (this.state === 'settled') {
          void this.write()
        }

        this.planRewrite(process)
      }, exponential(this.writing, this.world.init.rewrite))
    }
  }

  /** Takes note of what its process knows to be acknowledged. */
  private learnKept (): void {
    const { own, replication } = this.process?.parts.owning ?? {}
    const id = own?.current?.record.id

    if (replication?.acknowledged === true && id != null && id !== this.keptId) {
      this.kept = this.version()
      this.keptId = id
      this.world.counts.kept++
      this.note(`version ${this.kept} is kept`)
      this.stopRepair()
    }
  }

  private stopRepair (): void {
    if (this.world.init.repair === 'none' && this.process != null) {
      this.restoreRepair ??= withoutOwnersRepair(this.process.parts)
    }
  }

  /** Runs `look` later, unless its process ends before. */
  private after (ms: number, look: () => void): void {
    this.process?.port.clock.setTimer(look, ms)
  }
}
