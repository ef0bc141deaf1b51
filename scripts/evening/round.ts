import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { oneAfterTheOther } from './household.ts'
import type { Machine } from './household.ts'
import type { Evening } from './plan.ts'

/** A household that is up is whole within this; a machine that is back has its stash within this. Milliseconds. */
const LIMIT = 120_000

/** A machine whose stash was settled so long before the last one was up could not have had it confirmed. Milliseconds. */
const TOO_EARLY = 2_000

/** Copies that each is to have before the evening: what is kept before that may be with too few. */
const TARGET = 3

/** What became of a round. */
export interface Told {
  faults: string[]
  returns: number
  unconfirmed: number
  slowest: number
  line: string
}

/** The evening, the night and the morning of a household in which everybody is up. */
export async function liveThrough (machines: readonly Machine[], evening: Evening): Promise<Told> {
  const began = performance.now()
  const faults: string[] = []

  try {
    await everybodyWhole(machines)
  } catch (err) {
    faults.push(`before the evening: ${(err as Error).message}`)
  }

  const outcomes = await eveningAndNight(machines, evening, faults)
  const back = await Promise.all(machines.map(async (machine, i) => await morningOf(machine, i, evening, machines, faults)))
  const puts = new Map<string, number>()

  outcomes.forEach(outcome => { puts.set(outcome, (puts.get(outcome) ?? 0) + 1) })

  return {
    faults,
    returns: machines.length,
    unconfirmed: back.filter(({ confirmed }) => !confirmed).length,
    slowest: Math.max(...back.map(({ after }) => after)),
    line: `${evening.end}, ${machines.length} machines, puts: ${[...puts].map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'none'}; ` +
      `back within ${(Math.max(...back.map(({ after }) => after)) / 1_000).toFixed(1)} s; took ${((performance.now() - began) / 1_000).toFixed(1)} s`
  }
}

/** Each has a stash, and as many copies of it as there can be. */
async function everybodyWhole (machines: readonly Machine[]): Promise<void> {
  await Promise.all(machines.map(async machine => {
    if (machine.kept == null) {
      const outcome = await machine.put(100)

      if (outcome !== 'kept') {
        throw new Error(`a first put was ${outcome}`)
      }
    }

    const { code, stderr } = await machine.daemon.command(['status', '--wait', `copies=${Math.min(TARGET, machines.length - 1)}`, '--timeout', `${LIMIT}ms`])

    if (code !== 0) {
      throw new Error(`not whole: ${stderr}`)
    }
  }))
}

async function eveningAndNight (machines: readonly Machine[], { end, puts, off, on }: Evening, faults: string[]): Promise<string[]> {
  const putting = puts.map(async ({ who, bytes, at }) => {
    await delay(at)

    return await (machines[who] as Machine).put(bytes)
  })
  switch (end) {
    case 'kill':
      await oneAfterTheOther(machines, off, ({ daemon }) => { daemon.run.child.kill('SIGKILL') })
      break
    case 'stop':
      await oneAfterTheOther(machines, off, ({ daemon }) => { daemon.run.child.kill('SIGTERM') })
      break
    case 'suspend':
      await oneAfterTheOther(machines, off, ({ daemon }) => { daemon.run.child.kill('SIGSTOP') })
      breakConnections(machines)
      machines.forEach(({ daemon }) => { daemon.run.child.kill('SIGUSR2') })
      await oneAfterTheOther(machines, on, ({ daemon }) => { daemon.run.child.kill('SIGCONT') })

      return await Promise.all(putting)
  }

  const ended = await Promise.all(machines.map(async ({ daemon }) => await daemon.run.done))
  const outcomes = await Promise.all(putting)

  if (end === 'stop') {
    ended.forEach(({ code }, i) => {
      // with nothing that was not told to be kept, all that it had put is on the disks of the others
      if (code !== 0 && !(code === 3 && (machines[i]?.since.length ?? 0) > 0)) {
        faults.push(`machine ${i} stopped with ${code}: ${JSON.stringify(machines[i]?.daemon.events.findLast(({ event }) => event === 'leave'))}`)
      }
    })
  }

  await oneAfterTheOther(machines, on, machine => { machine.start() })

  return outcomes
}

async function morningOf (machine: Machine, i: number, { end }: Evening, machines: readonly Machine[], faults: string[]): Promise<{ confirmed: boolean, after: number }> {
  const { daemon } = machine
  const began = performance.now()
  let after = LIMIT

  try {
    if (end !== 'suspend') {
      const recovered = await daemon.until('stash:recovered', () => true, AbortSignal.timeout(LIMIT))
      const doubt = daemon.events.find(({ event }) => event === 'stash:doubt')
      after = daemon.heardAt(recovered) - daemon.startedAt

      if (doubt != null) {
        faults.push(`machine ${i} was in doubt: ${JSON.stringify(doubt)}`)
      }
    }

    const { digest, state, confirmed } = await machine.get()

    if (end === 'suspend') {
      after = performance.now() - began
    }

    if (state !== 'settled') {
      faults.push(`machine ${i} is ${state}`)
    }

    if (digest !== machine.kept && !machine.since.includes(digest)) {
      faults.push(`machine ${i} has an older version, or another: ${digest.slice(0, 8)}; kept was ${machine.kept?.slice(0, 8)}`)
    }

    // a write that was cut short may have come further than it was told: nobody can confirm that it is the newest
    if (!confirmed && digest === machine.kept && !await cameTooEarly(daemon, machines)) {
      faults.push(`machine ${i} is not confirmed, though all were back: ${JSON.stringify(daemon.events.find(({ event }) => event === 'stash:recovered'))}`)
    }

    machine.has(digest)

    return { confirmed, after }
  } catch (err) {
    faults.push(`machine ${i} is not back: ${(err as Error).message}; ${JSON.stringify(daemon.events.filter(({ event }) => event.startsWith('stash:')))}`)

    return { confirmed: false, after }
  }
}

/** It had its stash before all the others were up, or those that were had answered: a machine under load is slow. */
async function cameTooEarly (daemon: Machine['daemon'], machines: readonly Machine[]): Promise<boolean> {
  const recovered = daemon.events.find(event => event.event === 'stash:recovered')
  const ups = await Promise.all(machines.map(async ({ daemon }) => daemon.heardAt(await daemon.started())))

  return recovered != null && (recovered.answered < machines.length - 1 || daemon.heardAt(recovered) < Math.max(...ups) + TOO_EARLY)
}

/** The connections of machines that sleep do not outlive the night. */
function breakConnections (machines: readonly Machine[]): void {
  for (const { daemon } of machines) {
    const { addresses } = daemon.events.find(event => event.event === 'started') ?? { addresses: [] }
    const port = /\/tcp\/(\d+)/.exec(addresses[0] ?? '')?.[1]

    try {
      // whom a machine dialled is at the other end of its connection
      execFileSync('ss', ['-K', 'sport', '=', `:${port}`], { stdio: 'ignore' })
    } catch {
      console.error('connections outlive the night here: to end them takes root, iproute2, and a kernel with INET_DIAG_DESTROY')
      return
    }
  }
}
