import { beforeEach, expect, it, vi } from 'vitest'
import { historyOf } from './histories.ts'
import { findEach } from './find-each.ts'
import { crowded, handedOn, lost, overslept, refilled } from './planted-plans.ts'
import type { Bug } from './find-each.ts'
import type { Decision, settle, SettleInput } from '../../src/policy/settle.ts'
import type { ComingVersion, Sealed } from '../../src/services/owner/coming-version.ts'
import type { Owner } from '../../src/services/owner/owner.ts'
import type { duties, DutyInput } from '../../src/policy/duties.ts'
import type { OwnWatermark } from '../../src/services/owner/own-watermark.ts'
import type { Placements } from '../../src/services/replication/placements.ts'
import type { Surplus } from '../../src/services/replication/surplus.ts'
import type { WriteResult } from '../../src/api.ts'
import type { Confidant, HeldStashes, NewestTable, RecordHeader, StashNetwork, StashStore, Surrogates } from '@nara-stash/protocol'

/** Which bug is in. The histories must then break a rule: a checker that cannot fail shows nothing. */
const planted = vi.hoisted(() => ({ bug: '' }))

vi.mock('../../src/policy/settle.ts', async (original) => {
  const real = await original<{ settle: typeof settle }>()

  return {
    ...real,
    settle: (input: SettleInput): Decision => {
      const answers = planted.bug === 'a refilled holder confirms' ? input.answers.map(answer => ({ ...answer, direct: true })) : input.answers
      const decision = real.settle({ ...input, answers })

      return planted.bug === 'the first answer wins' ? firstAnswer(input, decision) : decision
    }
  }
})

vi.mock('../../src/policy/duties.ts', async (original) => {
  const real = await original<{ duties: typeof duties }>()

  return {
    ...real,
    duties: (input: DutyInput, random: Parameters<typeof duties>[1]) => planted.bug === 'repair by all at once'
      ? real.duties({ ...input, rank: '' }, random)
      : real.duties(input, random)
  }
})

vi.mock('../../src/services/owner/owner.ts', async (original) => {
  const real = await original<{ Owner: typeof Owner }>()

  class Impatient extends real.Owner {}

  Object.defineProperty(Impatient.prototype, 'isReady', {
    get (this: object) {
      const honest = Object.getOwnPropertyDescriptor(real.Owner.prototype, 'isReady')?.get as () => boolean

      return planted.bug === 'no waiting writes' ? !(this as { stopped: boolean }).stopped : honest.call(this)
    }
  })

  return { ...real, Owner: Impatient }
})

vi.mock('../../src/services/owner/coming-version.ts', async (original) => {
  const real = await original<{ ComingVersion: typeof ComingVersion }>()
  /** By process, what became of the version that was sealed last. */
  const before = new WeakMap<object, Promise<WriteResult>>()
  const processOf = (version: ComingVersion): object => (version as unknown as { init: { clock: object } }).init.clock

  class Hasty extends real.ComingVersion {
    override sealed (sealed: Sealed): void {
      before.set(processOf(this), sealed.outcome({}))
      super.sealed(sealed)
    }

    override async add (...write: Parameters<ComingVersion['add']>): Promise<WriteResult> {
      const answer = super.add(...write)

      return planted.bug === 'kept by the version before' ? await Promise.race([before.get(processOf(this)) ?? answer, answer]) : await answer
    }
  }

  return { ...real, ComingVersion: Hasty }
})

vi.mock('../../src/services/owner/own-watermark.ts', async (original) => {
  const real = await original<{ OwnWatermark: typeof OwnWatermark }>()

  class Blind extends real.OwnWatermark {
    override async prepare (): Promise<void> {
      if (planted.bug !== 'the header left behind is not read') {
        await super.prepare()
      }
    }
  }

  return { ...real, OwnWatermark: Blind }
})

vi.mock('../../src/services/replication/surplus.ts', async (original) => {
  const real = await original<{ Surplus: typeof Surplus }>()

  class Lax extends real.Surplus {
    override look (): number {
      return planted.bug === 'strays are left alone' ? Infinity : super.look()
    }
  }

  return { ...real, Surplus: Lax }
})

vi.mock('../../src/services/replication/placements.ts', async (original) => {
  const real = await original<{ Placements: typeof Placements }>()

  class Mute extends real.Placements {
    override get isDated (): boolean {
      return planted.bug !== 'nobody is told who may help' && super.isDated
    }
  }

  return { ...real, Placements: Mute }
})

vi.mock('@nara-stash/protocol', async (original) => {
  const real = await original<{ Confidant: typeof Confidant, HeldStashes: typeof HeldStashes, NewestTable: typeof NewestTable }>()

  class Hospitable extends real.Confidant {
    constructor (init: ConstructorParameters<typeof Confidant>[0]) {
      super({ ...init, network: planted.bug === 'a copy for anybody' ? admittingAll(init.network) : init.network })
    }
  }

  class Forgetful extends real.NewestTable {
    override see (record: RecordHeader): ReturnType<NewestTable['see']> {
      return planted.bug === 'a tombstone forgotten' && record.kind === 'tombstone' ? 'first' : super.see(record)
    }
  }

  class Careless extends real.HeldStashes {
    override absent (milliseconds: number): void {
      if (planted.bug !== 'a lease that counts one\'s own absence') {
        super.absent(milliseconds)
      }
    }

    override async admit (...args: Parameters<HeldStashes['admit']>): ReturnType<HeldStashes['admit']> {
      const admitted = await super.admit(...args)
      const [{ record: { kind, owner } }] = args

      if (planted.bug === 'a tombstone forgotten' && kind === 'tombstone') {
        const { index, store } = this as unknown as { index: { forget (owner: string): void }, store: StashStore }
        index.forget(owner)
        await store.delete(owner)
      }

      if (planted.bug !== 'acknowledge before keep' || admitted.type !== 'admitted') {
        return admitted
      }

      return {
        ...admitted,
        commit: async (body) => {
          const { clock } = this as unknown as { clock: { setTimer (callback: () => void, ms: number): void } }
          clock.setTimer(() => { void admitted.commit(body) }, 5_000)

          return { type: 'stored' }
        }
      }
    }
  }

  const honest = Object.getOwnPropertyDescriptor(real.HeldStashes.prototype, 'judge')?.value as (record: RecordHeader) => { type: string }

  Object.defineProperty(Careless.prototype, 'judge', {
    value (this: HeldStashes, record: RecordHeader) {
      const held = this.get(record.owner)?.record

      const verdict = honest.call(this, record)
      const isTaken = (planted.bug === 'history ignored' && held != null && record.seq > held.seq) || (planted.bug === 'STALE ignored' && verdict.type === 'stale')

      return isTaken ? { type: 'welcome' } : verdict
    }
  })

  return { ...real, Confidant: Hospitable, HeldStashes: Careless, NewestTable: Forgetful }
})

/** Whoever is asked to keep a copy is told, for as long as it decides, that anybody may help. */
function admittingAll (network: StashNetwork): StashNetwork {
  const serve: StashNetwork['serve'] = handler => {
    network.serve(async (caller, request) => {
      const placement = 'placement' in request ? { ...request.placement, surrogates: 'any' as Surrogates } : undefined

      try {
        return await handler(caller, 'placement' in request && placement != null ? { ...request, placement } : request)
      } finally {
        Object.assign(placement ?? {}, 'placement' in request ? { surrogates: request.placement.surrogates } : {})
      }
    })
  }

  return new Proxy(network, {
    get: (target, key) => {
      const value: unknown = key === 'serve' ? serve : Reflect.get(target, key, target)

      return typeof value === 'function' ? value.bind(target) as unknown : value
    }
  })
}

function firstAnswer ({ answers, readable }: SettleInput, decision: Decision): Decision {
  const first = answers.find(({ record }) => record != null && readable.has(record.id))

  return first?.record == null || first.placement == null
    ? decision
    : { type: 'settled', best: first.record, placement: first.placement, confirmed: true, mayBeDeleted: false, answered: 1, of: answers.length }
}

/**
 * An owner that takes STALE for STORED is not among them, since 60 schedules with it broke no rule: what supersedes its write mostly builds on it, so that the write is kept
 * indeed, and whoever has that offers it to the owner, and is asked for WITNESS, besides.
 */
const BUGS: Record<string, Bug> = {
  'the first answer wins': { within: 60, breaks: /confirmed|heard out|no silence|covered unseen|promised/ },
  'STALE ignored': { within: 60, breaks: /promised/ },
  'kept by the version before': { within: 10, breaks: /kept: who is told/ },
  'acknowledge before keep': { within: 10, breaks: /acknowledged after it is kept/ },
  'no waiting writes': { within: 10, breaks: /writes wait/ },
  'a lease that counts one\'s own absence': { within: 1, breaks: /leased/, plan: overslept },
  'repair by all at once': { within: 20, breaks: /in turn/, plan: crowded },
  'a tombstone forgotten': { within: 60, breaks: /forgotten/ },
  'history ignored': { within: 60, breaks: /promised|covered unseen/ },
  'a refilled holder confirms': { within: 24, breaks: /confirmed/, plan: refilled },
  'a copy for anybody': { within: 60, breaks: /admitted/ },
  'strays are left alone': { within: 1, breaks: /left alone/, plan: handedOn },
  'the header left behind is not read': { within: 1, breaks: /remembered/, plan: lost },
  'nobody is told who may help': { within: 1, breaks: /in force/, plan: handedOn }
}

beforeEach(() => { planted.bug = '' })

findEach(BUGS, bug => { planted.bug = bug })

it('the schedules made for one bug break no rule without it', async () => {
  for (const plan of [overslept(0), handedOn(0), lost(0), ...Array.from({ length: 24 }, (_, nth) => refilled(nth))]) {
    expect((await historyOf(plan)).violations, JSON.stringify(plan.steps)).toEqual([])
  }
}, 60_000)
