/**
 * Everything that must hold before a change lands: `pnpm verify`. With `--after-tests` the tests are left out, for who has just run them.
 * The last line is `N passed, N failed`, the totals of all steps.
 */
import { runStep } from './run-step.ts'

const node = process.execPath
const steps: Array<[name: string, command: string, args: string[]]> = [
  ['lint and import rules', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['types', 'tsc', ['-b']],
  ['generated code is up to date', node, ['scripts/generate.ts', '--check']],
  ['test vectors are up to date', node, ['scripts/vectors.ts', '--check']],
  ['tests', 'vitest', ['run']],
  ['examples', node, ['scripts/examples.ts']],
  ['kill and recover, short form', node, ['scripts/kill-recover.ts', '--rounds', '8']],
  ['evenings, short form', node, ['scripts/evening.ts', '--rounds', '3', '--seed', '49']],
  ['simulation, short form', node, ['scripts/simulate.ts', '--nodes', '50', '--days', '7', '--max-lost', '0', '--max-cpu', '60', '--quiet']],
  ['packages hold what they should', node, ['scripts/pack.ts']],
  ['documents', node, ['scripts/docs.ts']]
]

let passed = 0
let failed = 0
const summary: string[] = []

for (const [name, command, args] of steps) {
  if (name === 'tests' && process.argv.includes('--after-tests')) {
    continue
  }

  console.log(`\n# ${name}`)
  const result = await runStep(command, args)

  passed += result.passed
  failed += result.failed
  summary.push(`${result.ok ? 'ok    ' : 'FAILED'} ${name} (${result.passed} passed, ${result.failed} failed, ${result.seconds.toFixed(1)} s)`)
}

console.log(`\n${summary.join('\n')}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
