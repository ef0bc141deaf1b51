/**
 * Repeats the tests that have processes, sockets or random schedules while every core is busy: `pnpm repeat [--times 20] [--load N] [FILE...]`.
 * `--load` is how many processes keep the cores busy beside the tests, one for each core if not said; 0 if something else does. A test that fails once in a while fails here.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { runStep } from './run-step.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '20' }, load: { type: 'string', default: `${availableParallelism()}` } }
})

function wholeNumber (option: 'times' | 'load', least: number): number {
  const value = Number(values[option])

  if (!Number.isInteger(value) || value < least) {
    console.error(`--${option} is "${values[option]}"; it must be a whole number from ${least}`)
    process.exit(2)
  }

  return value
}

const times = wholeNumber('times', 1)
const busy = wholeNumber('load', 0)

const files = positionals.length > 0
  ? positionals
  : [
      'packages/cli/test/lan', 'packages/cli/test/process', 'packages/node/test/libp2p', 'packages/node/test/simulated', 'packages/node/test/history',
      'packages/protocol/test/libp2p-network', 'packages/protocol/test/wire', 'packages/protocol/test/held', 'packages/testing'
    ]

// with one for each core, half of every core's time goes to these
const load = Array.from({ length: busy }, () => spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' }))

process.on('exit', () => { load.forEach(child => child.kill('SIGKILL')) })

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => { process.exit(130) })
}

let passed = 0
let failed = 0

for (let round = 1; round <= times; round++) {
  console.log(`\n# round ${round} of ${times}`)
  const result = await runStep('vitest', ['run', ...files])

  passed += result.passed
  failed += result.failed
}

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
