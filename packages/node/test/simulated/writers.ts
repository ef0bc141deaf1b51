import { int, pick, seededRandom, seedPlatformRandomness } from '@nara-stash/testing'
import { Answers } from './writers-answers.ts'
import { childRandom, World } from './world.ts'
import type { Nara, Process } from './world.ts'
import type { Tally } from './writers-answers.ts'
import type { WriteOptions } from '../../src/api.ts'
import type { Random, StashResponse } from '@nara-stash/protocol'

const second = 1_000
const HOLDERS = 4

/** How a holder takes stores. */
export type Mode = 'well' | 'refuses' | 'limits' | 'is mute' | 'resets'

/** What is done to an owner that writes and to its holders. What cannot be done is passed over. */
export type Act =
  { do: 'write', count: number, gap: number, timeout: number, abort: boolean } |
  { do: 'wait', ms: number } |
  { do: 'mode', holder: number, mode: Mode } |
  { do: 'kill' | 'turn', holder: number } |
  { do: 'forget' | 'decide' | 'restart' | 'read' }

export interface WritersInit {
  seed: number
  latency: number
  acts: readonly Act[]
}

export interface Outcome {
  /** What is wrong with what callers were told. */
  wrong: string[]
  tally: Tally
}

/** Runs the acts, and then looks at what a new process finds. */
export async function runWriters (init: WritersInit): Promise<Outcome> {
  const restore = seedPlatformRandomness(seededRandom(init.seed))

  try {
    return await new Writers(init).run()
  } finally {
    restore()
  }
}

class Writers {
  private readonly init: WritersInit
  private readonly random: Random
  private readonly world: World
  private readonly answers: Answers
  private readonly modes: Mode[] = Array.from({ length: HOLDERS }, () => 'well')
  private owner!: Nara
  private holders: Nara[] = []

  constructor (init: WritersInit) {
    this.init = init
    this.random = seededRandom(init.seed)
    this.world = new World({
      seed: Math.floor(childRandom(this.random).next() * 2 ** 40),
      latency: [1, init.latency],
      onProcess: (nara, process) => { this.watch(nara, process) }
    })
    this.answers = new Answers(this.world.clock)
  }

  async run (): Promise<Outcome> {
    const { world, answers } = this

    this.owner = await world.nara({ fresh: true, gossip: false, repairDelay: pick(this.random, [0, 5 * second, 60 * second]) })
    this.holders = await world.confidants(HOLDERS, { owns: false, gossip: false })
    world.net.intercept((from, to, request, next) => from === this.owner.id && request.type === 'store' ? this.store(to, next) : next())
    world.net.connectAll()
    await world.run(second)

    for (const act of this.init.acts) {
      await this.act(act)
    }

    // a crash, and then those whom a new process meets: whoever of them has it is enough
    if (this.random.next() < 0.5) {
      const living = this.holders.filter(({ up }) => up)
      const near = living.filter(() => this.random.next() < 0.7)
      const holding = near.flatMap(nara => nara.holds(this.owner) ?? [])
      await this.reboot(near)
      await world.run(2 * 60 * second)
      answers.recovered(this.owner, holding)
    }

    await this.heal()
    answers.healed(this.owner)

    return { wrong: answers.verdict(), tally: answers.tally() }
  }

  private async act (act: Act): Promise<void> {
    const { world, owner, answers } = this

    switch (act.do) {
      case 'write':
        for (let i = 0; i < act.count; i++) {
          this.write(act)
          await world.run(act.gap)
        }

        break
      case 'wait':
        await world.run(act.ms)
        break
      case 'mode':
        this.modes[act.holder] = act.mode
        break
      case 'kill':
        await this.killHolder(this.holders[act.holder] as Nara)
        break
      case 'turn':
        this.turn(this.holders[act.holder] as Nara)
        break
      case 'read':
        owner.stash.getStashData()
        break
      case 'restart':
        await this.reboot(this.holders)
        await world.run(pick(this.random, [0, 100, 15 * second]))
        break
      case 'forget':
        answers.boundary(owner, owner.stash.forgetStash({ timeout: second }))
        break
      case 'decide':
        this.decide()
    }
  }

  private write ({ timeout, abort }: Extract<Act, { do: 'write' }>): void {
    const { world, owner, answers } = this
    const controller = new AbortController()
    const options: WriteOptions = { ...(timeout > 0 ? { timeout } : {}), ...(abort ? { signal: controller.signal } : {}) }

    answers.wrote(owner, write => owner.put(write, options))

    if (abort) {
      world.clock.setTimer(() => { controller.abort(new Error('no more')) }, int(this.random, 0, 300))
    }
  }

  private decide (): void {
    const { owner: { stash }, random } = this
    const [one] = stash.setAside()

    if (stash.state !== 'doubtful') {
      if (one != null && stash.state === 'settled') {
        this.answers.boundary(this.owner, stash.adopt(one.id))
      }
    } else {
      this.answers.boundary(this.owner, random.next() < 0.5 ? stash.startFresh() : stash.acceptOlder())
    }
  }

  private async store (to: string, next: () => Promise<StashResponse>): Promise<StashResponse | undefined> {
    switch (this.modes[this.holders.findIndex(({ id }) => id === to)]) {
      case 'refuses':
        return { type: 'refused', reason: 'at capacity', retryAfter: 2 * second }
      case 'limits':
        return this.random.next() < 0.7 ? { type: 'refused', reason: 'rate limited', retryAfter: int(this.random, 1, 3 * second) } : await next()
      case 'is mute':
        return
      case 'resets':
        throw new Error('a stream was reset')
      default:
        return await next()
    }
  }

  private async killHolder (holder: Nara): Promise<void> {
    holder.kill()
    await this.world.run(int(this.random, 0, 2 * second))
    await holder.restart()
    this.meet(this.holders)
  }

  private turn ({ id }: Nara): void {
    const { net } = this.world

    if (net.connections(this.owner.process.port, id).length === 0) {
      net.connect(this.owner.process.port, id)
    } else {
      net.disconnect(this.owner.process.port, id)
    }
  }

  private async reboot (near: readonly Nara[]): Promise<void> {
    this.answers.died(this.owner)
    this.owner.kill()
    await this.world.run(int(this.random, 0, 100))
    await this.owner.restart()
    this.meet(near)
  }

  private meet (near: readonly Nara[]): void {
    const { net } = this.world

    near.filter(({ id }) => net.connections(this.owner.process.port, id).length === 0).forEach(({ id }) => {
      net.connect(this.owner.process.port, id)
    })
  }

  /** All is well again: whoever waits is answered, or waits for a person. */
  private async heal (): Promise<void> {
    this.modes.fill('well')
    this.meet(this.holders)
    await this.world.run(3 * 60 * second)

    if (this.owner.state === 'doubtful') {
      this.answers.boundary(this.owner, this.owner.stash.startFresh())
      await this.world.run(3 * 60 * second)
    }
  }

  /** Looks over the shoulder of a process. */
  private watch (nara: Nara, { parts, service }: Process): void {
    const { own } = parts.owning ?? {}

    service.addEventListener('held:stored', ({ detail }) => {
      const held = parts.held.get(detail.owner)

      if (held != null) {
        this.answers.held(nara, held.record)
      }
    })

    if (own != null) {
      const seal = own.seal.bind(own)

      own.seal = async (data, writtenAt) => {
        const version = await seal(data, writtenAt)

        this.answers.sealed(version.record, data)

        return version
      }
    }
  }
}
