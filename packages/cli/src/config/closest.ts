/** The candidate that a mistyped word most likely means, or undefined if none is near. */
export function closest (typed: string, candidates: readonly string[]): string | undefined {
  // a third of the letters may be wrong: more is another word
  const limit = Math.max(1, Math.floor(typed.length / 3))
  const ranked = candidates
    .map(candidate => ({ candidate, distance: editDistance(typed.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)

  return ranked[0]?.candidate
}

/** Levenshtein's distance: insertions, deletions and replacements that turn one text into the other. */
function editDistance (a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)

  for (let i = 1; i <= a.length; i++) {
    const next = [i]

    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }

    row = next
  }

  return row[b.length] ?? 0
}
