import { shuffled } from '@nara-stash/protocol'
import { int, pick, seededRandom } from '@nara-stash/testing'
import type { Lie } from '@nara-stash/testing'
import type { Random, Surrogates } from '@nara-stash/protocol'
import type { Choice } from './entries.ts'

/** One thing that is done to the world. Naras are numbers; what cannot be done (to start who is up) is passed over, so any part of a plan is one. */
export type Step =
  /** Reads, if there is something to be read, and writes. Here and below `twin` is the second process of an owner, while there is one. */
  { do: 'write', owner: number, bytes: number, ms: number, twin?: boolean } |
  { do: 'wait', ms: number } |
  { do: 'kill' | 'cut' | 'stop', nara: number } |
  /** Another process with the same soul, connected to some. From then on others may be allowed to help. `home`: in its folder, which says what was known. */
  { do: 'start', nara: number, near: number[], home?: boolean, help?: Help } |
  /** Connected if they were not, cut off if they were. */
  { do: 'turn', nara: number, peer: number, twin?: boolean } |
  { do: 'meet all' } |
  { do: 'partition', group: number[] } |
  { do: 'heal' } |
  { do: 'slow', nara: number, factor: number } |
  { do: 'lose', share: number } |
  { do: 'sleep', nara: number } |
  { do: 'wake', nara: number, counted: boolean } |
  { do: 'jump', nara: number, clock: 'wall' | 'own', ms: number } |
  { do: 'lie', nara: number, lie: Lie, about: number[] } |
  { do: 'push', nara: number, owner: number } |
  /** The nth holder brings its copy to another peer, as surrogates may. */
  { do: 'hand on', nth: number, to: number, owner: number } |
  /** A person decides: for the nth version that can be read. */
  { do: 'decide', owner: number, how: Choice, nth: number, twin?: boolean } |
  { do: 'forget', owner: number, twin?: boolean } |
  /** A second process with an owner's soul, connected to some, while the first is up. */
  { do: 'twin', owner: number, near: number[] } |
  /** One of the two ends. The other is the owner's process from then on. */
  { do: 'part', owner: number, who: 'first' | 'twin', how: 'kill' | 'cut' | 'stop' }

/** Whom holders may ask to keep a copy while the owner is away. */
export interface Help {
  surrogates: Surrogates
  /** If they are listed: who they are, and with nobody else does the owner deal. */
  listed: number[]
}

export interface Plan {
  seed: number
  naras: number
  /** The first so many have a stash of their own that is written. */
  owners: number
  merge: boolean
  target: number
  latency: number
  minConnections: number
  repairDelay: number
  gossip: boolean
  /** Who keeps what it holds for others over a restart. */
  keepers: number[]
  /** In the end, how the holders do without the first owner. */
  away: boolean
  /** Owners have second processes now and then. */
  twins: boolean
  /** Of each owner in the beginning. */
  help: Help[]
  steps: Step[]
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

type Kinds = ReadonlyArray<[weight: number, make: (random: Random, plan: Plan) => Step[]]>

/** What befalls owners: writes, crashes in the middle of stores, and that now these, now those are within reach. */
const NEAR: Kinds = [
  [34, (random, plan) => writing(random, plan)],
  [8, random => [{ do: 'wait', ms: pick(random, [200, 3 * second, 12 * second, 70 * second]) }]],
  [8, (random, plan) => rebooting(random, plan, anOwner(random, plan))],
  [18, (random, plan) => [turn(random, plan)]],
  [10, (random, plan) => rebooting(random, plan, anyone(random, plan))],
  [5, (random, plan) => [handOn(random, plan, anyone(random, plan))]],
  [8, (random, plan) => refilling(random, plan)],
  [6, (random, plan) => [{ do: 'push', nara: anyone(random, plan), owner: anOwner(random, plan) }]],
  [4, (random, plan) => [deciding(random, plan)]],
  [2, (random, plan) => [{ do: 'forget', owner: anOwner(random, plan) }]],
  [3, (random, plan) => deleting(random, plan)]
]

/** What befalls the whole network besides. */
const FAR: Kinds = [
  ...NEAR,
  [6, random => [{ do: 'wait', ms: pick(random, [minute, 5 * minute, 20 * minute]) }]],
  [6, (random, plan) => [fall(random, anyone(random, plan)), wait(random), fall(random, anyone(random, plan))]],
  [8, (random, plan) => [starting(random, plan, anyone(random, plan))]],
  [6, (random, plan) => [{ do: 'partition', group: some(random, plan) }, wait(random)]],
  [6, () => [{ do: 'heal' }, { do: 'meet all' }]],
  [5, (random, plan) => [{ do: 'slow', nara: anyone(random, plan), factor: pick(random, [1, 10, 60]) }]],
  [2, random => [{ do: 'lose', share: pick(random, [0, 0.05]) }]],
  [5, (random, plan) => sleeping(random, plan)],
  [4, (random, plan) => [{ do: 'jump', nara: anyone(random, plan), clock: 'wall', ms: pick(random, [-50 * 365 * day, -hour, hour, 400 * day]) }]],
  [4, (random, plan) => [{ do: 'jump', nara: anyone(random, plan), clock: 'own', ms: pick(random, [minute, hour, 31 * day]) }]]
]

/** What befalls two processes with one soul. */
const TWICE: Kinds = [
  [16, (random, plan) => [{ do: 'twin', owner: anOwner(random, plan), near: some(random, plan) }, { do: 'wait', ms: pick(random, [50, 3 * second, 15 * second]) }]],
  [22, (random, plan) => [{ do: 'write', owner: anOwner(random, plan), bytes: pick(random, [0, 0, 700]), ms: pick(random, [0, 50, second, 15 * second]), twin: true }]],
  [8, (random, plan) => [{ do: 'turn', nara: anOwner(random, plan), peer: anyone(random, plan), twin: true }]],
  [3, (random, plan) => [deciding(random, plan, true)]],
  [1, (random, plan) => [{ do: 'forget', owner: anOwner(random, plan), twin: true }]],
  [4, random => [{ do: 'wait', ms: pick(random, [minute, 4 * minute, 9 * minute]) }]],
  [6, (random, plan) => [{ do: 'part', owner: anOwner(random, plan), who: pick(random, ['first', 'twin']), how: pick(random, ['kill', 'kill', 'cut', 'stop']) }]]
]

const LIES: readonly Lie[] = ['drops', 'returns old', 'flips bits', 'false holders']

/** A random schedule; the same for the same seed. */
export function planOf (seed: number): Plan {
  const random = seededRandom(seed)
  const isFar = random.next() < 0.35
  const owners = int(random, 1, isFar ? 3 : 2)
  const away = random.next() < 0.4
  const target = away && random.next() < 0.3 ? 5 : 3
  const plan: Plan = {
    seed,
    naras: owners + (target > 3 ? 9 : isFar ? int(random, 4, 6) : int(random, 4, 5)),
    target,
    owners,
    merge: random.next() < 0.3,
    latency: pick(random, [5, 60]),
    minConnections: isFar ? pick(random, [0, 16]) : 0,
    repairDelay: pick(random, [0, 5 * second, minute]),
    gossip: random.next() < (isFar ? 0.7 : 0.1),
    away,
    twins: random.next() < 0.25,
    keepers: [],
    help: [],
    steps: []
  }

  for (let i = 0; i < owners; i++) {
    plan.help.push(helping(random, plan, i))
  }

  const kinds = [...(isFar ? FAR : NEAR), ...(plan.twins ? TWICE : [])]
  const steps = int(random, 25, 45)

  if (random.next() < 0.4) {
    plan.keepers = some(random, plan)
  }

  // one confidant in every third schedule lies, from some time on
  const liesAt = random.next() < 0.33 ? int(random, 0, steps) : Infinity

  for (let i = 0; i < steps; i++) {
    if (i === liesAt) {
      plan.steps.push({ do: 'lie', nara: int(random, owners, plan.naras - 1), lie: pick(random, LIES), about: some(random, plan) })
    }

    plan.steps.push(...weighted(random, kinds)(random, plan))
  }

  plan.steps = hurried(plan)

  return plan
}

/** In the place of some writes several come in a hurry, so that they become one version. */
function hurried ({ seed, latency, steps }: Plan): Step[] {
  // of its own, so that all else of a schedule is as it would be without
  const random = seededRandom(seed + 1_000_000)

  return steps.flatMap(step => {
    if (step.do !== 'write' || random.next() < 0.7) {
      return [step]
    }

    const before = Array.from({ length: int(random, 1, 4) }, () => ({ ...step, ms: pick(random, [0, 0, latency, 3 * latency]) }))

    return [...before, step]
  })
}

function weighted (random: Random, kinds: Kinds): Kinds[number][1] {
  let dice = random.next() * kinds.reduce((sum, [weight]) => sum + weight, 0)

  for (const [weight, make] of kinds) {
    dice -= weight

    if (dice < 0) {
      return make
    }
  }

  return () => []
}

/** A peer goes out of an owner's reach, or comes back into it. */
function turn (random: Random, plan: Plan): Step {
  return { do: 'turn', nara: anOwner(random, plan), peer: anyone(random, plan) }
}

function anOwner (random: Random, plan: Plan): number {
  return int(random, 0, plan.owners - 1)
}

/** Some writes are cut short by a crash, somewhere between the first byte sent and the last answer. */
function writing (random: Random, plan: Plan): Step[] {
  const owner = anOwner(random, plan)
  const bytes = random.next() < 0.1 ? 20_000 : pick(random, [0, 0, 700])

  return random.next() < 0.45
    ? [{ do: 'write', owner, bytes, ms: int(random, 0, 3 * plan.latency) }, ...rebooting(random, plan, owner)]
    : [{ do: 'write', owner, bytes, ms: pick(random, [0, 150, second, 15 * second]) }]
}

function rebooting (random: Random, plan: Plan, nara: number): Step[] {
  return [
    fall(random, nara),
    { do: 'wait', ms: pick(random, [0, 100, 5 * second, 20 * second]) },
    starting(random, plan, nara),
    { do: 'wait', ms: pick(random, [0, 50, 500, 13 * second]) }
  ]
}

function deciding (random: Random, plan: Plan, twin = false): Step {
  return { do: 'decide', owner: anOwner(random, plan), how: pick(random, ['accept older', 'adopt', 'adopt', 'fresh']), nth: int(random, 0, 1), ...(twin ? { twin } : {}) }
}

function starting (random: Random, plan: Plan, nara: number): Step {
  const start: Step = { do: 'start', nara, near: some(random, plan) }

  return nara >= plan.owners
    ? start
    : { ...start, home: random.next() < 0.4, ...(random.next() < 0.1 ? { help: helping(random, plan, nara) } : {}) }
}

function helping (random: Random, plan: Plan, owner: number): Help {
  const surrogates = pick(random, ['any', 'any', 'listed', 'none'] as const)
  const others = shuffled(everybody(plan).filter(i => i !== owner), random)

  return { surrogates, listed: surrogates === 'listed' ? others.slice(0, int(random, Math.min(3, others.length), others.length)) : [] }
}

function handOn (random: Random, plan: Plan, to: number): Step {
  return { do: 'hand on', nth: anyone(random, plan), to, owner: anOwner(random, plan) }
}

/** A confidant loses its memory, and is given a copy by others. */
function refilling (random: Random, plan: Plan): Step[] {
  const nara = anyone(random, plan)

  return [fall(random, nara), wait(random), starting(random, plan, nara), handOn(random, plan, nara)]
}

/** An owner deletes what some do not hear of, who come back when it is another process: it may be near them, and near those who heard of it. */
function deleting (random: Random, plan: Plan): Step[] {
  const owner = anOwner(random, plan)
  const away = some(random, plan).filter(nara => nara !== owner).slice(0, 2)
  const falls = away.filter(nara => plan.keepers.includes(nara) || random.next() < 0.2)
  const cuts = away.filter(nara => !falls.includes(nara))

  return [
    { do: 'partition', group: cuts },
    ...falls.map(nara => fall(random, nara)),
    { do: 'forget', owner },
    { do: 'wait', ms: pick(random, [500, 5 * second, 40 * second]) },
    fall(random, owner),
    ...falls.map(nara => starting(random, plan, nara)),
    { do: 'heal' },
    starting(random, plan, owner),
    ...away.map(peer => ({ do: 'turn', nara: owner, peer }) as const),
    { do: 'wait', ms: pick(random, [500, 13 * second, 2 * minute]) }
  ]
}

function sleeping (random: Random, plan: Plan): Step[] {
  const nara = anyone(random, plan)

  return [{ do: 'sleep', nara }, { do: 'wait', ms: pick(random, [5 * second, minute, 12 * minute]) }, { do: 'wake', nara, counted: random.next() < 0.5 }, ...(random.next() < 0.5 ? [{ do: 'meet all' } as const] : [])]
}

function fall (random: Random, nara: number): Step {
  return { do: random.next() < 0.1 ? 'stop' : random.next() < 0.5 ? 'kill' : 'cut', nara }
}

function wait (random: Random): Step {
  return { do: 'wait', ms: pick(random, [500, 15 * second, 90 * second]) }
}

function anyone (random: Random, plan: Plan): number {
  return int(random, 0, plan.naras - 1)
}

function some (random: Random, plan: Plan): number[] {
  return everybody(plan).filter(() => random.next() < 0.6)
}

function everybody (plan: Plan): number[] {
  return Array.from({ length: plan.naras }, (_, i) => i)
}
