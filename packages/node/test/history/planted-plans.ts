import { planOf } from './plan.ts'
import type { Plan, Step } from './plan.ts'

/** One owner and four confidants. */
const PLAIN = {
  seed: 1,
  naras: 5,
  owners: 1,
  merge: false,
  target: 3,
  latency: 5,
  minConnections: 0,
  repairDelay: 60_000,
  gossip: false,
  away: false,
  twins: false,
  keepers: [],
  help: []
}

/**
 * A lags, B and C have what is newer; B comes back empty and is refilled by A, while C is out of reach: two of three then have what is older, and only one of them
 * from the owner itself. Which of the four confidants is which is tried out.
 */
export function refilled (nth: number): Plan {
  const [a, b, c] = Array.from({ length: 64 }, (_, i) => [1 + (i >> 4), 1 + ((i >> 2) & 3), 1 + (i & 3)] as const).filter(abc => new Set(abc).size === 3)[nth] as readonly [number, number, number]

  return {
    ...PLAIN,
    steps: [
      { do: 'write', owner: 0, bytes: 0, ms: 1_000 },
      { do: 'partition', group: [0, b, c] },
      { do: 'write', owner: 0, bytes: 0, ms: 15_000 },
      { do: 'kill', nara: 0 },
      { do: 'kill', nara: b },
      { do: 'partition', group: [c] },
      { do: 'start', nara: b, near: [a] },
      { do: 'wait', ms: 1_000 },
      { do: 'hand on', nth: 0, to: b, owner: 0 },
      { do: 'start', nara: 0, near: [a, b] },
      { do: 'wait', ms: 15_000 }
    ]
  }
}

/** The confidants' machines sleep for longer than a lease lasts, and find their clocks further on. */
export function overslept (nth: number): Plan {
  return {
    ...PLAIN,
    seed: nth + 1,
    steps: [
      { do: 'write', owner: 0, bytes: 0, ms: 1_000 },
      { do: 'kill', nara: 0 },
      { do: 'wait', ms: 60_000 },
      ...[1, 2, 3, 4].map(nara => ({ do: 'jump', nara, clock: 'own', ms: 31 * 24 * 60 * 60_000 }) as const),
      { do: 'wait', ms: 20 * 60_000 }
    ]
  }
}

/** The nth schedule in which many repair while the owner is away. */
export function crowded (nth: number): Plan {
  return Array.from({ length: 1_000 }, (_, i) => planOf(i + 1)).filter(({ away, target, help }) => away && target > 3 && help[0]?.surrogates === 'any')[nth] as Plan
}

/** Everybody loses what the owner had, and the owner comes back to its folder. */
export function lost (nth: number): Plan {
  return {
    ...PLAIN,
    seed: nth + 1,
    steps: [
      { do: 'write', owner: 0, bytes: 0, ms: 15_000 },
      ...[0, 1, 2, 3, 4].map(nara => ({ do: 'kill', nara }) as const),
      ...[1, 2, 3, 4].map((nara): Step => ({ do: 'start', nara, near: [] })),
      { do: 'start', nara: 0, near: [1, 2, 3, 4], home: true },
      { do: 'wait', ms: 60_000 }
    ]
  }
}

/** Holders bring their copy to everybody, as they may; then the owner comes back, and nobody may any longer. */
export function handedOn (nth: number): Plan {
  return {
    ...PLAIN,
    seed: nth + 1,
    steps: [
      { do: 'write', owner: 0, bytes: 0, ms: 15_000 },
      { do: 'kill', nara: 0 },
      ...[1, 2, 3, 4].map(to => ({ do: 'hand on', nth: 0, to, owner: 0 }) as const),
      { do: 'start', nara: 0, near: [1, 2, 3, 4], help: { surrogates: 'none', listed: [] } },
      { do: 'wait', ms: 60_000 }
    ]
  }
}

/** The owner has a second process, and both are connected with everybody. */
function doubled (nth: number, gossip: boolean, steps: Step[]): Plan {
  return {
    ...PLAIN,
    seed: nth + 1,
    gossip,
    steps: [
      { do: 'write', owner: 0, bytes: 0, ms: 15_000 },
      { do: 'twin', owner: 0, near: [1, 2, 3, 4] },
      { do: 'wait', ms: 15_000 },
      ...steps
    ]
  }
}

/** Of two processes one goes on in the other's place, and writes what becomes one version with what that one wrote. */
export function tookPlace (): Plan {
  return doubled(0, false, [
    ...[0, 0, 0].map((ms): Step => ({ do: 'write', owner: 0, bytes: 0, ms, twin: true })),
    { do: 'part', owner: 0, who: 'first', how: 'kill' },
    { do: 'write', owner: 0, bytes: 0, ms: 15_000 }
  ])
}

/** Both are idle, and hear each other. */
export function idleTwins (nth: number): Plan {
  return doubled(nth, true, [{ do: 'wait', ms: 5 * 60_000 }])
}

/** Both are idle, and neither hears the other. */
export function quietTwins (nth: number): Plan {
  return doubled(nth, false, [{ do: 'wait', ms: 10 * 60_000 }])
}

/** One is idle while the other writes, and neither hears the other. */
export function oneWrites (nth: number): Plan {
  return doubled(nth, false, [{ do: 'write', owner: 0, bytes: 0, ms: 1_000, twin: true }, { do: 'wait', ms: 12 * 60_000 }])
}

/** One is out of reach while the other is there and writes, so nobody sees both. */
export function oneWritesUnseen (nth: number): Plan {
  const away = [1, 2, 3, 4].map(peer => ({ do: 'turn', nara: 0, peer }) as const)

  return {
    ...PLAIN,
    seed: nth + 1,
    steps: [
      { do: 'write', owner: 0, bytes: 0, ms: 15_000 },
      ...away,
      { do: 'twin', owner: 0, near: [1, 2, 3, 4] },
      { do: 'wait', ms: 15_000 },
      { do: 'write', owner: 0, bytes: 0, ms: 5_000, twin: true },
      { do: 'part', owner: 0, who: 'twin', how: 'kill' },
      ...away,
      { do: 'wait', ms: 5 * 60_000 }
    ]
  }
}

/** Both write, on top of the same. */
export function bothWrite (nth: number): Plan {
  return doubled(nth, false, [{ do: 'write', owner: 0, bytes: 0, ms: 5_000, twin: true }, { do: 'write', owner: 0, bytes: 0, ms: 60_000 }])
}

/** One writes, and the other after it, before it can know. */
export function oneAfterTheOther (nth: number): Plan {
  return doubled(nth, false, [{ do: 'write', owner: 0, bytes: 0, ms: 5_000 }, { do: 'write', owner: 0, bytes: 0, ms: 60_000, twin: true }])
}

/** Two processes, one after the other, write within reach of different holders, which then meet. */
export function estranged (nth: number): Plan {
  return {
    ...PLAIN,
    seed: nth + 1,
    steps: [
      { do: 'write', owner: 0, bytes: 0, ms: 15_000 },
      { do: 'partition', group: [0, 1, 2] },
      { do: 'write', owner: 0, bytes: 0, ms: 15_000 },
      { do: 'kill', nara: 0 },
      { do: 'partition', group: [0, 3, 4] },
      { do: 'start', nara: 0, near: [3, 4] },
      { do: 'wait', ms: 15_000 },
      { do: 'write', owner: 0, bytes: 0, ms: 5_000 },
      { do: 'heal' },
      { do: 'meet all' },
      { do: 'wait', ms: 60_000 }
    ]
  }
}

/** Of what a process wrote that is gone two versions are shown, one after the other: by who has the newest, and by a liar. */
export function remnants (): Plan {
  return {
    ...PLAIN,
    seed: 2_011,
    naras: 6,
    owners: 2,
    repairDelay: 0,
    help: [{ surrogates: 'any', listed: [] }, { surrogates: 'listed', listed: [5, 0, 4, 2] }],
    steps: [
      { do: 'lie', nara: 3, lie: 'returns old', about: [0, 1, 2, 4] },
      { do: 'kill', nara: 0 },
      { do: 'start', nara: 0, near: [0, 1, 2, 3, 4, 5], home: true },
      { do: 'write', owner: 0, bytes: 700, ms: 1_000 },
      { do: 'stop', nara: 2 },
      { do: 'wait', ms: 15_000 },
      { do: 'start', nara: 2, near: [] },
      { do: 'write', owner: 0, bytes: 0, ms: 4 },
      { do: 'cut', nara: 0 },
      { do: 'start', nara: 0, near: [0, 2], home: false },
      { do: 'write', owner: 0, bytes: 0, ms: 15_000 }
    ]
  }
}
