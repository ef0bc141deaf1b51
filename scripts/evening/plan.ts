import { int, pick, seededRandom } from '@nara-stash/testing'
import { shuffled } from '@nara-stash/protocol'
import type { Random } from '@nara-stash/protocol'

/** How the machines of a household end their day: the power goes, they are switched off, or their lids are closed. */
export const ENDS = ['kill', 'stop', 'suspend'] as const

export type End = typeof ENDS[number]

/** So many evenings of one household follow one another. */
export const SEASON = 5

export interface Put {
  /** Of the machine. */
  who: number
  bytes: number
  /** Milliseconds from the beginning of the evening. */
  at: number
}

/** A machine's turn, and how long it is until the next one's, in milliseconds. */
export interface Turn {
  who: number
  pause: number
}

/** One evening, its night and the morning after it. */
export interface Evening {
  end: End
  puts: Put[]
  off: Turn[]
  on: Turn[]
}

const MAX_PUTS = 3
const MAX_BYTES = 200 * 1024
/** Puts begin within this long, and machines go within about as long: some puts are under way when theirs goes. Milliseconds. */
const BUSY = 1_500
const LONGEST_PAUSE = 600

/** How many machines a household has: 3 to 8, the same through its season. */
export function sizeOf (seed: number, round: number): number {
  return int(seededRandom(1_000_003 * seed + Math.floor((round - 1) / SEASON)), 3, 8)
}

/** What happens in a round follows from seed and round alone. */
export function eveningOf (seed: number, round: number, ends: readonly End[] = ENDS): Evening {
  const random = seededRandom(1_000_003 * seed + 7_919 * round)
  const everybody = Array.from({ length: sizeOf(seed, round) }, (_, who) => who)
  const turns = (): Turn[] => shuffled(everybody, random).map(who => ({ who, pause: random.next() < 0.4 ? 0 : int(random, 1, LONGEST_PAUSE) }))

  return {
    end: pick(random, ends),
    puts: everybody.flatMap(who => Array.from({ length: int(random, 0, MAX_PUTS) }, () => putOf(who, random))),
    off: turns(),
    on: turns()
  }
}

function putOf (who: number, random: Random): Put {
  return { who, bytes: int(random, 1, random.next() < 0.7 ? 2_000 : MAX_BYTES), at: int(random, 0, BUSY) }
}
