/**
 * Runs every example as its README says, one after the other. The last line is `N passed, N failed`; an example that this machine
 * does not permit is skipped, with the reason. Build first.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What run-in-namespace.sh exits with where namespaces are not permitted. */
const NOT_PERMITTED = 77

/** Each takes seconds; one that hangs is a failure. Milliseconds. */
const TIMEOUT = 90_000

const EXAMPLES: Array<{ name: string, command: string, args: string[] }> = [
  { name: 'embed-in-libp2p', command: process.execPath, args: ['main.ts'] },
  { name: 'restart-recovery', command: process.execPath, args: ['main.ts'] },
  { name: 'lan-peers', command: './run-in-namespace.sh', args: [] }
]

/** The exit code, or why there is none. */
async function run ({ name, command, args }: typeof EXAMPLES[number]): Promise<number | string> {
  const cwd = fileURLToPath(new URL(`../examples/${name}/`, import.meta.url))
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'], timeout: TIMEOUT, killSignal: 'SIGKILL', env: { ...process.env, NODE: process.execPath } })

  return await new Promise(resolve => {
    child.on('error', err => { resolve(err.message) })
    child.on('exit', (code, signal) => { resolve(code ?? `killed by ${signal ?? 'something'} after ${TIMEOUT / 1_000} s`) })
  })
}

let passed = 0
let failed = 0
let skipped = 0

for (const example of EXAMPLES) {
  console.log(`\n# examples/${example.name}`)
  const started = performance.now()
  const code = await run(example)
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)

  if (code === 0) {
    passed++
    console.log(`passed in ${seconds} s`)
  } else if (code === NOT_PERMITTED && example.name === 'lan-peers') {
    skipped++
    console.log('skipped: it needs a network namespace, so that no multicast leaves the machine, and this machine does not permit one')
  } else {
    failed++
    console.log(`failed after ${seconds} s: ${typeof code === 'number' ? `exit code ${code}` : code}`)
  }
}

if (skipped > 0) {
  console.log(`\n${skipped} skipped`)
}

console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
