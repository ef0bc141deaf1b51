import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export interface StepResult {
  ok: boolean
  /** The command's own totals, if its last line is `N passed, N failed`; otherwise the command counts as one. */
  passed: number
  failed: number
  seconds: number
}

const TOTALS = /^(\d+) passed, (\d+) failed(?:, \d+ skipped)?$/

/** Runs a command with its output shown, and counts what it says it did. */
export async function runStep (command: string, args: readonly string[]): Promise<StepResult> {
  const started = performance.now()
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let tail = ''
  const end = (): void => { child.kill() }

  // who is told to end by a signal does not leave the command behind
  process.on('exit', end)
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    process.stdout.write(text)
    tail = (tail + text).slice(-4_096)
  })

  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).finally(() => { process.off('exit', end) })
  const totals = TOTALS.exec(tail.trimEnd().split('\n').at(-1) ?? '')
  const ok = code === 0
  const passed = totals == null ? Number(ok) : Number(totals[1])
  const failed = totals == null ? Number(!ok) : Number(totals[2])

  return {
    ok: ok && failed === 0,
    passed,
    // a command that fails after passing all it counted has failed all the same
    failed: ok ? failed : Math.max(failed, 1),
    seconds: (performance.now() - started) / 1_000
  }
}
