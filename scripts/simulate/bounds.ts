/** Halvings of the interval: a double has no more bits. */
const STEPS = 60

/**
 * Clopper and Pearson's exact upper bound (Biometrika 26, 1934) of the probability of an event that was seen `events` times in `trials`: were it
 * any higher, so few would be seen in less than 1 - `confidence` of all experiments. With no event it is about 3 / trials at 95 % ("rule of
 * three"), and for a rare event the same as the bound for a Poisson count.
 *
 * @throws {RangeError} there cannot be so many events in so many trials
 */
export function upperBound (events: number, trials: number, confidence = 0.95): number {
  if (!Number.isInteger(events) || !Number.isInteger(trials) || events < 0 || events > trials) {
    throw new RangeError(`${events} events in ${trials} trials`)
  }

  if (events === trials) {
    return 1
  }

  let [low, high] = [events / trials, 1]

  for (let i = 0; i < STEPS; i++) {
    const middle = (low + high) / 2

    if (atMost(events, trials, middle) > 1 - confidence) {
      low = middle
    } else {
      high = middle
    }
  }

  return high
}

/** The probability of at most `events` in `trials`, each with probability `p` strictly between 0 and 1. */
function atMost (events: number, trials: number, p: number): number {
  const ratio = Math.log(p) - Math.log1p(-p)
  let term = trials * Math.log1p(-p)
  let sum = Math.exp(term)

  for (let i = 1; i <= events; i++) {
    term += Math.log(trials - i + 1) - Math.log(i) + ratio
    sum += Math.exp(term)
  }

  return sum
}
