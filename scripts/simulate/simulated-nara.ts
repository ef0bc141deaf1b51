import { exponential, seededRandom } from '@nara-stash/testing'
import { Blips } from './blips.ts'
import { Disk } from './disk.ts'
import { contentOf, versionIn } from './content.ts'
import { Judgement } from './judgement.ts'
import { bootProcess, withoutHoldersRepair, withoutOwnersRepair } from './process.ts'
import { Schedule } from './schedule.ts'
import { settleDoubt } from './settle-doubt.ts'
import { Truth } from './truth.ts'
import type { Returns } from './counts.ts'
import type { Process } from './process.ts'
import type { World } from './world.ts'
import type { Soul } from '@nara-stash/crypto'
import type { Random } from '@nara-stash/protocol'

/** A write waits this long for its copies; they are made afterwards, too. Milliseconds. */
const WRITE_TIMEOUT = 5 * 60_000
/** What follows a change of copies at once is known after this long. Milliseconds. */
const SOON = 1_000
/** Without repair, what is kept gets its remaining copies for this long. Milliseconds. */
const PLACING = 60_000

/** Of so many naras one is away for `ownersAway` each time: the others hold for it. */
const AWAY_EVERY = 5
/** Between the last contact with its holders and the next an owner is away for no longer than its schedule says and this. Milliseconds. */
const GOING = 10 * 60_000

export interface NaraInit {
  index: number
  id: string
  soul: Soul
  address: string
  seed: number
  /** It keeps what it holds for others on a disk. */
  onDisk: boolean
}

/** One nara over all its processes: owner of a stash and holder for others. */
export class SimulatedNara {
  readonly truth = new Truth()
  process: Process | undefined

  private readonly world: World
  private readonly init: NaraInit
  private readonly schedule: Schedule
  private readonly writing: Random
  private readonly disk: Disk | undefined
  private boots = 0
  private upSince = 0
  /** When it was here last and knew its stash, which is when its holders' promises began. */
  private seenAt = 0
  private judgement: Judgement | undefined
  /** Brings back the owner's repair, where it was taken out. */
  private restoreRepair: (() => void) | undefined

  constructor (world: World, init: NaraInit) {
    this.world = world
    this.init = init
    this.schedule = new Schedule(world.init, 2 * init.seed, init.index % AWAY_EVERY === 0 ? world.init.ownersAway : Infinity)
    this.writing = seededRandom(2 * init.seed + 1)
    this.disk = init.onDisk ? new Disk({ loss: world.init.diskLoss, random: seededRandom(2 ** 41 + init.seed) }) : undefined
  }

  get id (): string {
    return this.init.id
  }

  get index (): number {
    return this.init.index
  }

  /** What it holds of `owner`: the record's id. */
  holds (owner: string): string | undefined {
    return this.process?.parts.held.get(owner)?.record.id
  }

  /** The same while it is away, if it will bring it back. */
  keeps (owner: string): string | undefined {
    return this.process == null ? this.disk?.holds(owner) : this.holds(owner)
  }

  /** Starts a process that will end by the schedule. */
  rise (): void {
    const { world, init, truth } = this
    const process = bootProcess(world, { ...init, fresh: truth.written === 0, seed: init.seed * 4_096 + ++this.boots, ...(this.disk == null ? {} : { datastore: this.disk.datastore }) })

    if (this.boots === 1) {
      new Blips({ ...world, id: this.id, every: world.init.blips, random: seededRandom(2 ** 40 + init.seed) }).start()
    }

    this.process = process
    this.upSince = world.clock.now()
    this.restoreRepair = undefined
    this.note('its owner is up')
    this.judgement = truth.kept == null ? undefined : this.judge(process, truth.kept.version)
    this.listen(process)

    if (world.init.repair !== 'full') {
      withoutHoldersRepair(process.parts)
    }

    if (truth.kept != null) {
      this.stopRepair()
    }

    void this.start(process)
    world.clock.setTimer(() => { this.end(process) }, this.schedule.session())
    this.planRewrite(process)
  }

  /** Ends its process, if that is still this one. */
  end (process = this.process): void {
    if (process == null || process !== this.process) {
      return
    }

    if (this.world.init.end === 'leave') {
      void process.service.beforeStop()
        .then(async () => { await process.service.stop() })
        .finally(() => { this.fall(process) })
    } else {
      this.fall(process)
    }
  }

  /** Says how the present return ended, if it has not been said. */
  close (): void {
    this.learnKept()
    this.judgement?.close()
    this.judgement = undefined
  }

  note (text: string): void {
    this.truth.story.note(this.world.clock.now(), text)
  }

  private async start ({ service, parts }: Process): Promise<void> {
    await service.start()
    this.world.board.listen(this.id, parts)
    await service.afterStart()
  }

  private fall (process: Process): void {
    const { world } = this
    const held = process.parts.held.list().map(({ record }) => record.owner)
    const isDiskLost = this.disk?.leave(world.clock.now(), new Map(process.parts.held.list().map(({ record }) => [record.owner, record.id]))) === true

    if (this.state === 'settled') {
      this.seenAt = world.clock.now()
    }

    this.close()
    world.counts.upTime += world.clock.now() - this.upSince
    world.board.leave(process.port)
    this.process = undefined

    if (world.init.end === 'power-cut') {
      world.net.kill(process.port)
    } else {
      world.net.crash(process.port)
    }

    this.note(`its owner is down; holders: ${this.holders()}`)
    held.forEach(owner => { world.nara(owner)?.holderFell(this.index, isDiskLost) })
    world.clock.setTimer(() => { this.rise() }, this.schedule.absence())
  }

  private holderFell (index: number, isDiskLost: boolean): void {
    this.note(`holder ${index} is down${isDiskLost ? ', and its disk is lost' : ''}; left: ${this.holders()}`)
  }

  private holders (): string {
    return this.world.holdersOf(this).map(({ index }) => index).join(', ') || 'nobody'
  }

  private judge (process: Process, kept: number): Judgement {
    return new Judgement({
      clock: process.port.clock,
      counts: this.world.counts,
      kept,
      isOverdue: this.world.clock.now() - this.seenAt > this.world.init.lease + GOING,
      version: () => this.version(),
      state: () => this.state,
      copies: () => this.world.keepersOf(this).length,
      onOutcome: outcome => { this.returned(outcome) }
    })
  }

  private returned (outcome: keyof Returns): void {
    this.note(`outcome of the return: ${outcome}`)

    if (outcome === 'lost') {
      this.world.onLost(this)
    }

    if (outcome === 'lost' || outcome === 'expired') {
      this.truth.lose()
      this.restoreRepair?.()
      this.restoreRepair = undefined
    }

    if (outcome === 'lost' || outcome === 'expired' || outcome === 'doubtful') {
      this.process?.port.clock.setTimer(() => { this.goOn() }, SOON)
    }
  }

  /** What a user does where nothing is left, or a doubt does not end. */
  private goOn (): void {
    if (this.state === 'empty') {
      void this.write()
    } else if (this.state === 'doubtful' && this.process != null) {
      settleDoubt(this.process.service, this.truth, text => { this.note(text) }).catch((err: Error) => { this.note(err.message) })
    }
  }

  private listen ({ service, parts }: Process): void {
    const { counts } = this.world

    service.addEventListener('stash:state', ({ detail: { state } }) => {
      this.note(`its owner is ${state}`)
      this.judgement?.entered(state)

      if (state === 'empty' && this.truth.kept == null) {
        void this.write()
      }
    })
    service.addEventListener('stash:copies', ({ detail: { have } }) => {
      this.note(`its owner counts ${have} copies`)
      this.learnKept()
      this.process?.port.clock.setTimer(() => { this.learnKept() }, SOON)
    })
    service.addEventListener('stash:found', () => { counts.recovered++ })
    parts.confidant.addEventListener('held:stored', ({ detail: { record, from } }) => {
      this.world.nara(record.owner)?.storedAt(this.index, from, record.bodyLength)
    })
    service.addEventListener('held:dropped', ({ detail: { owner, why } }) => {
      this.world.nara(owner)?.note(`holder ${this.index} drops it: ${why}`)
    })
  }

  private storedAt (holder: number, from: string, bytes: number): void {
    const { counts, init: { target } } = this.world
    const isOwner = from === this.id
    const why = isOwner ? this.truth.broughtOut(this.version() ?? 0, target) : 'byHolders'

    counts.moved[why]++
    counts.movedBytes += why === 'written' ? 0 : bytes
    this.note(`stored at ${holder} by ${isOwner ? 'its owner' : this.world.nara(from)?.index ?? from}`)
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
    const { process, world, truth } = this

    if (process == null) {
      return
    }

    world.counts.writes++

    const n = ++truth.written

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
    const version = replication?.acknowledged === true ? this.version() : undefined

    if (id != null && version != null && this.truth.keep(version, id)) {
      this.world.counts.kept++
      this.note(`version ${version} is kept`)
      this.process?.port.clock.setTimer(() => { this.stopRepair() }, PLACING)
    }
  }

  private stopRepair (): void {
    if (this.world.init.repair === 'none' && this.process != null) {
      this.restoreRepair ??= withoutOwnersRepair(this.process.parts)
    }
  }
}
