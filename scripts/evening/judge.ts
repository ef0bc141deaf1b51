import { setTimeout as delay } from 'node:timers/promises'
import type { Machine } from './household.ts'

/** A machine that is back has its stash, and its copies proved, within this. Milliseconds. */
export const LIMIT = 120_000

/** Between two looks at copies that are not all proved yet. Milliseconds. */
const LOOK_AGAIN = 500

/** What one machine has in the morning. */
export interface Found {
  faults: string[]
  /** It recovered in a new process; false if it slept. */
  isReturn: boolean
  /** Its recovery was confirmed; also true of one that slept. */
  confirmed: boolean
  /** Milliseconds until it had its stash. */
  after: number
}

/** A machine that started anew. What it was told to be kept must be back, settled, confirmed and proved. */
export async function returned (machine: Machine, machines: readonly Machine[]): Promise<Found> {
  const { daemon } = machine
  const signal = AbortSignal.timeout(LIMIT)
  const ended = await Promise.race([daemon.until('stash:recovered', () => true, signal), daemon.until('stash:doubt', () => true, signal)])
  const after = daemon.heardAt(ended) - daemon.startedAt

  if (ended.event === 'stash:doubt') {
    return { faults: [`is in doubt: ${JSON.stringify(ended)}`], isReturn: true, confirmed: false, after }
  }

  const { digest, confirmed } = await machine.get()
  // one that was back before the last was up could not ask that one; nobody can confirm a write that was cut short
  const isExcused = digest !== machine.kept || await wasBackFirst(machine, machines)
  const faults = [
    ...confirmed || isExcused ? [] : [`is not confirmed, though all were up: ${JSON.stringify(ended)}`],
    ...await contentOf(machine),
    ...await proofs(machine, daemon.startedAt)
  ]

  return { faults, isReturn: true, confirmed, after }
}

/** A machine that slept, and woke at `wokeAt`. It has what it had; its copies must be proved anew, since its holders slept, too. */
export async function awoke (machine: Machine, wokeAt: number): Promise<Found> {
  const faults = [...await contentOf(machine), ...await proofs(machine, wokeAt)]

  return { faults, isReturn: false, confirmed: true, after: performance.now() - wokeAt }
}

async function contentOf (machine: Machine): Promise<string[]> {
  const { digest, state } = await machine.get()
  const isKnown = digest === machine.kept || machine.since.includes(digest)
  const faults = [
    ...state === 'settled' ? [] : [`is ${state}`],
    ...isKnown ? [] : [`has an older version, or another: ${digest.slice(0, 8)}; kept was ${machine.kept?.slice(0, 8)}`]
  ]

  if (isKnown) {
    machine.has(digest)
  }

  return faults
}

/** As many copies as make it safe are proved since then. */
async function proofs (machine: Machine, since: number): Promise<string[]> {
  const until = performance.now() + LIMIT

  for (;;) {
    const { copies, minimum } = await machine.verify()
    const fresh = copies.filter(({ verdict, provedAgo }) => verdict === 'proved' && (provedAgo ?? 0) < performance.now() - since)

    if (fresh.length >= minimum) {
      return []
    }

    if (performance.now() > until) {
      return [`has ${fresh.length} copies that are proved, and ${minimum} make it safe: ${JSON.stringify(copies)}`]
    }

    await delay(LOOK_AGAIN)
  }
}

/** It had its stash before all the others were up. */
async function wasBackFirst ({ daemon }: Machine, machines: readonly Machine[]): Promise<boolean> {
  const recovered = daemon.events.find(({ event }) => event === 'stash:recovered')
  const ups = await Promise.all(machines.map(async ({ daemon }) => daemon.heardAt(await daemon.started())))

  return recovered != null && daemon.heardAt(recovered) < Math.max(...ups)
}
