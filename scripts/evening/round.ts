import { setTimeout as delay } from 'node:timers/promises'
import { oneAfterTheOther } from './household.ts'
import { awoke, LIMIT, returned } from './judge.ts'
import { keptText, whatIsKept } from './night.ts'
import { endConnections } from './sleep.ts'
import type { Machine } from './household.ts'
import type { Found } from './judge.ts'
import type { Evening } from './plan.ts'

/** Copies that each is to have before the evening: what is kept before that may be with too few. */
const TARGET = 3

/** What became of a round. */
export interface Told {
  faults: string[]
  /** Machines that started anew, and those that slept. */
  returns: number
  awoke: number
  unconfirmed: number
  /** Writes that were told to be kept, those before the evening among them. */
  kept: number
  slowest: number
  line: string
}

/** What happened between the evening and the morning. */
interface Night {
  /** What was told of the puts of the evening. */
  outcomes: string[]
  faults: string[]
  /** Connections that did not outlive it; undefined if none could be ended, or none had to be. */
  ended?: number | undefined
  wokeAt: number
  /** What was on the disks; nothing of those that slept. */
  kept: Awaited<ReturnType<typeof whatIsKept>>
}

/** The evening, the night and the morning of a household in which everybody is up. */
export async function liveThrough (machines: readonly Machine[], evening: Evening): Promise<Told> {
  const began = performance.now()
  const faults = await everybodyWhole(machines)
  const night = await eveningAndNight(machines, evening)
  const found = await Promise.all(machines.map(async machine => await morningOf(machine, machines, evening, night)))
  const slowest = Math.max(...found.map(({ after }) => after))

  return {
    faults: [...faults, ...night.faults, ...found.flatMap(({ faults }, i) => faults.map(fault => `machine ${i} ${fault}`))],
    returns: found.filter(({ isReturn }) => isReturn).length,
    awoke: found.filter(({ isReturn }) => !isReturn).length,
    unconfirmed: found.filter(({ confirmed }) => !confirmed).length,
    kept: machines.length + night.outcomes.filter(outcome => outcome === 'kept').length,
    slowest,
    line: `${evening.end}, ${machines.length} machines${sleepText(evening, night)}; ${machines.length} kept before, then ${countText(night.outcomes)}; ` +
      `back within ${(slowest / 1_000).toFixed(1)} s; took ${((performance.now() - began) / 1_000).toFixed(1)} s`
  }
}

function sleepText ({ end }: Evening, { ended }: Night): string {
  return end !== 'suspend' ? '' : ended == null ? ', THEIR CONNECTIONS OUTLIVED THE NIGHT (to end them takes root, iproute2 and INET_DIAG_DESTROY)' : `, ${ended} connections ended`
}

function countText (outcomes: readonly string[]): string {
  const counts = new Map<string, number>()

  outcomes.forEach(outcome => { counts.set(outcome, (counts.get(outcome) ?? 0) + 1) })

  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'no puts'
}

/** Each puts something new, which is kept, with as many copies as there can be. Returns what went wrong. */
async function everybodyWhole (machines: readonly Machine[]): Promise<string[]> {
  const faults = await Promise.all(machines.map(async (machine, i) => {
    const first = await machine.put(100)
    // what was put last, and not told to be kept, may have come back since it was read: whoever writes is told so once
    const outcome = first === 'RecoveredFirstError' ? await machine.put(100) : first
    const { code, stderr } = await machine.daemon.command(['status', '--wait', `copies=${Math.min(TARGET, machines.length - 1)}`, '--timeout', `${LIMIT}ms`])

    return [
      ...outcome === 'kept' ? [] : [`before the evening machine ${i}'s put was ${outcome}`],
      ...code === 0 ? [] : [`before the evening machine ${i} was not whole: ${stderr}`]
    ]
  }))

  return faults.flat()
}

async function eveningAndNight (machines: readonly Machine[], { end, puts, off, on }: Evening): Promise<Night> {
  const putting = puts.map(async ({ who, bytes, at }) => {
    await delay(at)

    return await (machines[who] as Machine).put(bytes)
  })

  if (end === 'suspend') {
    await oneAfterTheOther(machines, off, ({ daemon }) => { daemon.run.child.kill('SIGSTOP') })
    const ended = endConnections(machines)
    machines.forEach(({ daemon }) => { daemon.run.child.kill('SIGUSR2') })
    await oneAfterTheOther(machines, on, ({ daemon }) => { daemon.run.child.kill('SIGCONT') })
    const wokeAt = performance.now()

    return { outcomes: await Promise.all(putting), faults: [], ended, wokeAt, kept: [] }
  }

  await oneAfterTheOther(machines, off, ({ daemon }) => { daemon.run.child.kill(end === 'kill' ? 'SIGKILL' : 'SIGTERM') })
  const codes = await Promise.all(machines.map(async ({ daemon }) => (await daemon.run.done).code))
  const outcomes = await Promise.all(putting)
  const kept = await whatIsKept(machines)
  const faults = end === 'stop' ? machines.flatMap((machine, i) => stopFaults(machine, i, codes[i])) : []

  await oneAfterTheOther(machines, on, machine => { machine.start() })

  return { outcomes, faults, wokeAt: NaN, kept }
}

/** A stop ends with 0 if all that was put is on the disks of the others; with a put that was not told to be kept it may end with 3. */
function stopFaults ({ daemon, since }: Machine, i: number, code: number | null | undefined): string[] {
  return code === 0 || (code === 3 && since.length > 0) ? [] : [`machine ${i} stopped with ${code}: ${JSON.stringify(daemon.events.findLast(({ event }) => event === 'leave'))}`]
}

async function morningOf (machine: Machine, machines: readonly Machine[], { end }: Evening, { wokeAt, kept }: Night): Promise<Found> {
  try {
    const found = end === 'suspend' ? await awoke(machine, wokeAt) : await returned(machine, machines)
    const peers = await Promise.all(machines.map(async ({ daemon }) => (await daemon.started()).peerId))

    return found.faults.length === 0 || kept.length === 0
      ? found
      : { ...found, faults: [...found.faults, `in the night: ${keptText(kept, peers[machines.indexOf(machine)] ?? '', peers)}`] }
  } catch (err) {
    const events = machine.daemon.events.filter(({ event }) => event.startsWith('stash:'))

    return { faults: [`is not back: ${(err as Error).message}; ${JSON.stringify(events)}`], isReturn: end !== 'suspend', confirmed: false, after: LIMIT }
  }
}
