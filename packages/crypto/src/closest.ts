// Two slips of the finger. Words further away than this are guesses, and would be noise.
const MAX_DISTANCE = 2

// BIP-39 lists are made so that four letters tell a word from all others.
const TELLING_PREFIX = 4

/**
 * The words of a list that someone most likely meant by a mistyped one, likeliest first: as few edits as possible, and among those
 * a letter replaced or two swapped before one left out or doubled.
 */
export function closestWords (typed: string, list: readonly string[], limit = 3): string[] {
  const prefix = typed.slice(0, TELLING_PREFIX)
  const near: Array<{ word: string, distance: number }> = []

  for (const word of list) {
    if (prefix.length === TELLING_PREFIX && word.startsWith(prefix)) {
      near.push({ word, distance: 0 })
    } else if (lengthDifference(word, typed) <= MAX_DISTANCE) {
      const distance = editDistance(typed, word)

      if (distance <= MAX_DISTANCE) {
        near.push({ word, distance })
      }
    }
  }

  const best = Math.max(1, Math.min(...near.map(({ distance }) => distance)))

  return near
    .filter(({ distance }) => distance <= best)
    .sort((a, b) => a.distance - b.distance || lengthDifference(a.word, typed) - lengthDifference(b.word, typed))
    .slice(0, limit)
    .map(({ word }) => word)
}

/**
 * How many letters must be added, left out, replaced or swapped with their neighbour to turn one word into the other
 * (optimal string alignment: Damerau and Levenshtein's distance without a second edit of the same letters).
 */
export function editDistance (a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)

  for (let i = 1; i <= a.length; i++) {
    const row = [i]

    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Infinity

      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped))
    }

    before = last
    last = row
  }

  return at(last, b.length)
}

function lengthDifference (a: string, b: string): number {
  return Math.abs(a.length - b.length)
}

function at (row: number[], index: number): number {
  return row[index] ?? Infinity
}
