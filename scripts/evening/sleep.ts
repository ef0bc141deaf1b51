import { execFileSync } from 'node:child_process'
import type { Machine } from './household.ts'

/**
 * The connections of machines that sleep do not outlive the night. Returns how many ended; undefined
 * if not all did, which takes root, iproute2 and a kernel with INET_DIAG_DESTROY.
 */
export function endConnections (machines: readonly Machine[]): number | undefined {
  try {
    const before = established(machines).length

    // whom a machine dialled is at the other end of its connection
    machines.forEach(({ port }) => { ss(['-K', ...connectionsOf(port)]) })

    return established(machines).length === 0 ? before : undefined
  } catch {
    return undefined
  }
}

/** A line for each. */
function established (machines: readonly Machine[]): string[] {
  return machines.flatMap(({ port }) => ss(connectionsOf(port)).split('\n').filter(line => line.trim() !== ''))
}

function connectionsOf (port: number): string[] {
  return ['-Htn', 'state', 'established', 'sport', '=', `:${port}`]
}

function ss (args: readonly string[]): string {
  return execFileSync('ss', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}
