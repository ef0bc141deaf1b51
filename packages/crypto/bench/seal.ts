/**
 * How much faster a stash is sealed and opened through node:crypto than on the portable path, both measured in turn in one run.
 *
 *   pnpm build && pnpm exec node packages/crypto/bench/seal.ts
 */
import { randomBytes } from 'node:crypto'
import * as node from '../dist/bulk/node.js'
import * as portable from '../dist/bulk/portable.js'

const KIB = 1024
const SIZES = [KIB, 64 * KIB, KIB * KIB]

// Long enough that the compiler has settled and a pause for garbage does not decide; short enough to wait for.
const ROUND_MS = 40
const ROUNDS = 15

const key = randomBytes(32)
const nonce = randomBytes(24)
const place = randomBytes(64)

/** Calls per millisecond, over one round. */
function rate (fn: () => unknown): number {
  const start = performance.now()
  let calls = 0
  let now = start

  while (now - start < ROUND_MS) {
    fn()
    calls++
    now = performance.now()
  }

  return calls / (now - start)
}

function median (values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? NaN
}

function compare (what: string, size: number, native: () => unknown, baseline: () => unknown): void {
  const rates: Array<{ native: number, baseline: number }> = []

  rate(native)
  rate(baseline)

  for (let round = 0; round < ROUNDS; round++) {
    rates.push({ native: rate(native), baseline: rate(baseline) })
  }

  const ratio = median(rates.map(({ native, baseline }) => native / baseline))
  const megabytes = (perMs: number): string => (perMs * size / 1000).toFixed(0).padStart(5)

  console.log(`${what}  ${String(size / KIB).padStart(4)} KiB  node ${megabytes(median(rates.map((r) => r.native)))} MB/s` +
    `  portable ${megabytes(median(rates.map((r) => r.baseline)))} MB/s  ratio ${ratio.toFixed(2)}`)
}

for (const size of SIZES) {
  const plaintext = randomBytes(size)
  const sealed = portable.encrypt(key, nonce, plaintext, place)

  compare('seal', size, () => node.encrypt(key, nonce, plaintext, place), () => portable.encrypt(key, nonce, plaintext, place))
  compare('open', size, () => node.decrypt(key, nonce, sealed, place), () => portable.decrypt(key, nonce, sealed, place))
}
