import type { NaraFacts } from './fact-types.ts'

/** Slower than this and nothing can be said of when an answer comes. */
const PROMPT_FACTOR = 5

/** Who hears whom at once, and since when. */
export class Reach {
  /** By the ends. */
  private readonly prompt = new Map<string, number>()

  /** Since when `a` and `b` hear each other at once; Infinity if they do not. */
  since (a: string, b: string): number {
    return this.prompt.get(pair(a, b)) ?? Infinity
  }

  /** Something has changed between some of them. */
  look (naras: ReadonlyMap<string, NaraFacts>, isLossy: boolean, now: number): void {
    const all = [...naras]

    all.forEach(([a, one], i) => {
      all.slice(0, i).forEach(([b, other]) => {
        if (isLossy || !hear(a, one, b, other)) {
          this.prompt.delete(pair(a, b))
        } else if (!this.prompt.has(pair(a, b))) {
          this.prompt.set(pair(a, b), now)
        }
      })
    })
  }
}

function hear (a: string, one: NaraFacts, b: string, other: NaraFacts): boolean {
  return [one, other].every(nara => nara.up && !nara.asleep && nara.slow <= PROMPT_FACTOR) &&
    one.group === other.group && one.links.has(b) && other.links.has(a)
}

function pair (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
