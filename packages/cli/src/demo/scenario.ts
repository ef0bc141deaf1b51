import { createHash, randomBytes } from 'node:crypto'
import { peer } from '../daemon/event-text.ts'
import { waitFor } from '../client/wait-for.ts'
import { printable } from '../text/printable.ts'
import { count, formatBytes, formatDuration } from '../text/units.ts'
import { DemoError } from './demo-error.ts'
import type { NaraProcess } from './nara-process.ts'
import type { DemoReport } from './report.ts'
import type { Stage } from './stage.ts'
import type { Timeline } from './timeline.ts'
import type { DaemonStatus, PutAnswer, StartedEvent } from '../api/types.ts'
import type { Condition } from '../client/wait-for.ts'
import type { Clock } from '../clock.ts'

/** Short, so that the repair can be watched; a nara waits a minute unless told otherwise. */
const REPAIR_DELAY = 2_000

/** Copies wanted: the default. */
const TARGET = 3

/** Each thing that is waited for must happen within this many milliseconds; all of it takes a fraction of that. */
const STEP_TIMEOUT = 60_000

/** How long a put waits for enough copies, in milliseconds. */
const PUT_TIMEOUT = 45_000

const FILE_BYTES = 200 * 1024

const OWNER = 'ada'
const OTHERS = ['bo', 'cleo', 'dev', 'eli', 'finn']
const DOCUMENT = JSON.stringify({ mood: 'curious', visited: ['harbour', 'library'], steps: 4_217 })

export interface ScenarioInit {
  stage: Stage
  timeline: Timeline
  clock: Clock
  /** Milliseconds since the demo began. */
  elapsed: () => number
  signal: AbortSignal
  /** Filled in as things happen. */
  report: DemoReport
}

/** A report of a demo that has not begun. */
export function emptyReport (): DemoReport {
  return { recovered: false, digests: {}, repairDelay: REPAIR_DELAY, naras: OTHERS.length + 1, times: {} }
}

/**
 * The story: six naras meet, one stashes its state, is killed, comes back with nothing but its soul, and loses a confidant.
 *
 * @throws {DemoError} the first thing that did not happen
 */
export async function playScenario (init: ScenarioInit): Promise<void> {
  const { timeline, report, elapsed } = init
  const file = randomBytes(FILE_BYTES)
  const before = sha256(file)

  timeline.heading('Six naras, each a process of its own on 127.0.0.1, private by a random key; one address in common')

  const cast = await castAll(init)

  report.times.allStarted = elapsed()
  timeline.heading(`${OWNER} stashes its state`)
  await put(init, cast, 'a JSON document', Buffer.from(DOCUMENT))
  report.times.documentKept = elapsed()
  report.digests.before = before
  report.bytes = file.length
  await put(init, cast, 'a file', file, before)
  report.times.fileKept = elapsed()

  timeline.heading(`${OWNER} is killed, and starts again in an empty folder with nothing but its soul`)
  await killOwner(init, cast)
  await comeBack(init, cast, before)

  timeline.heading('A confidant is killed: its copy is gone')
  await repairAfterKill(init, cast)
}

interface Cast {
  owner: NaraProcess
  ownerArgs: string[]
  /** By peer id. */
  others: Map<string, NaraProcess>
}

async function castAll (init: ScenarioInit): Promise<Cast> {
  const { stage } = init
  const [first = '', ...rest] = OTHERS
  const meeting = stage.enter(first)
  const { peerId, addresses: [address = ''] } = await started(init, meeting, 'the others meet through it')
  const bootstrap = ['--bootstrap', address]
  const ownerArgs = [...bootstrap, '--repair-delay', `${REPAIR_DELAY}ms`]
  const owner = stage.enter(OWNER, ownerArgs)
  const others = await Promise.all(rest.map(async name => {
    const nara = stage.enter(name, bootstrap)

    return [(await started(init, nara)).peerId, nara] as const
  }))

  await started(init, owner, 'it will have something to keep')

  return { owner, ownerArgs, others: new Map([[peerId, meeting], ...others]) }
}

async function started (init: ScenarioInit, nara: NaraProcess, more?: string): Promise<StartedEvent> {
  const event = await within(init, `${nara.name} starts`, async signal => await nara.until('started', signal))

  init.timeline.line(nara.name, `is up: process ${nara.pid}, peer ${peer(event.peerId)}${more == null ? '' : `; ${more}`}`)

  return event
}

async function put (init: ScenarioInit, cast: Cast, what: string, data: Buffer, digest?: string): Promise<void> {
  const { timeline, elapsed } = init
  const began = elapsed()
  const answer = await (await cast.owner.api()).put(data, { timeout: PUT_TIMEOUT })

  if (answer.outcome !== 'kept') {
    throw new DemoError(`${OWNER} put ${what}, but it was not kept: ${refusals(answer)}`)
  }

  timeline.line(OWNER, `put ${what}, ${formatBytes(data.length)}${digest == null ? '' : `, sha256 ${digest.slice(0, 16)}…`}: ` +
    `safe with ${answer.copies} copies after ${formatDuration(elapsed() - began)}`)

  const status = await allCopies(init, cast.owner, ({ stash }) => stash?.seq === answer.seq)

  timeline.line(OWNER, `${status.copies.have}/${status.copies.target} confidants hold version ${answer.seq ?? ''}: ${namesOf(status)}`, 'good')
}

function refusals ({ outcome, copies, target, failures }: PutAnswer): string {
  return `${outcome}, ${copies} of ${target} copies${failures.map(({ peer: id, why }) => `; ${peer(id)}: ${printable(why)}`).join('')}`
}

async function killOwner ({ stage, timeline, report, elapsed }: ScenarioInit, cast: Cast): Promise<void> {
  await cast.owner.kill()
  report.times.killed = elapsed()
  timeline.line(OWNER, `kill -9: process ${cast.owner.pid} is gone, and all that it remembered`, 'bad')
  cast.ownerArgs.push('--soul-file', await stage.keepOnlySoul(cast.owner))
  timeline.line(OWNER, 'its folder is deleted, too: its soul is all that is left', 'bad')
}

async function comeBack (init: ScenarioInit, cast: Cast, before: string): Promise<void> {
  const { stage, timeline, report, elapsed } = init
  const restarted = elapsed()
  const nara = stage.enter(OWNER, cast.ownerArgs)

  cast.owner = nara
  report.times.restarted = restarted
  timeline.line(OWNER, `starts again: process ${nara.pid}, an empty folder, the same soul`)

  const { via, from } = await within(init, `${OWNER} finds its stash`, async signal => await nara.until('stash:found', signal))
  const found = elapsed()
  const name = cast.others.get(from)?.name ?? peer(from)
  const after = `${formatDuration(found - restarted)} after the process began`

  report.times.found = found
  report.via = via
  timeline.line(OWNER, via === 'push'
    ? `${name} pushed the stash before anybody was asked; ${after}`
    : `asked, and ${name} had the stash, before anybody pushed it; ${after}`)

  const event = await within(init, `${OWNER} recovers its stash`, async signal => await nara.until('stash:recovered', signal))

  report.times.recovered = elapsed()
  report.recoveryTime = report.times.recovered - restarted
  timeline.line(OWNER, `recovered ${formatBytes(event.bytes)}, version ${event.seq}, ${event.confirmed ? 'confirmed' : 'unconfirmed'}: ` +
    `${event.answered} of ${count(event.of, 'peer')} answered; ${formatDuration(report.recoveryTime)} after the process began`, 'good')

  const { data } = await (await nara.api()).get()

  report.digests.after = sha256(data)
  report.recovered = report.digests.after === before
  timeline.line(OWNER, `sha256 before ${before}`)
  timeline.line(OWNER, `sha256 after  ${report.digests.after}`, report.recovered ? 'good' : 'bad')

  if (!report.recovered) {
    throw new DemoError('what came back is not what was stashed: the digests differ')
  }
}

async function repairAfterKill (init: ScenarioInit, cast: Cast): Promise<void> {
  const { timeline, report, elapsed } = init
  const { confidants } = await allCopies(init, cast.owner, () => true)
  const victimId = confidants.find(({ state, peerId }) => state === 'trusted' && cast.others.has(peerId))?.peerId ?? ''
  const victim = cast.others.get(victimId)

  if (victim == null) {
    throw new DemoError(`${OWNER} has no confidant to kill`)
  }

  await victim.kill()

  const killed = elapsed()

  report.times.confidantKilled = killed
  timeline.line(victim.name, `kill -9: process ${victim.pid} is gone, and the copy that it held`, 'bad')
  timeline.line(OWNER, `waits ${formatDuration(REPAIR_DELAY)}, as it may come back (short for this demo: a minute is usual)`, 'quiet')

  const status = await allCopies(init, cast.owner, ({ confidants }) => confidants.every(({ peerId }) => peerId !== victimId))

  report.times.repaired = elapsed()
  report.repairTime = report.times.repaired - killed
  timeline.line(OWNER, `${status.copies.have}/${status.copies.target} confidants again: ${namesOf(status)}; ` +
    `${formatDuration(report.repairTime)} after the kill`, 'good')
}

/** The owner's status once all copies are there and the rest holds, too. */
async function allCopies ({ clock, signal }: ScenarioInit, nara: NaraProcess, and: Condition['holds']): Promise<DaemonStatus> {
  signal.throwIfAborted()

  return await waitFor({
    condition: { text: `${TARGET} copies`, holds: status => status.copies.have >= TARGET && and(status) },
    connect: async () => await nara.api(),
    timeout: STEP_TIMEOUT,
    clock,
    signal
  })
}

function namesOf ({ confidants }: DaemonStatus): string {
  return confidants.map(({ name, peerId }) => name === '' ? peer(peerId) : printable(name)).join(', ')
}

async function within<T> ({ signal, clock }: ScenarioInit, what: string, step: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const timeout = new AbortController()
  const cancel = clock.setTimer(() => {
    timeout.abort(new DemoError(`waited ${formatDuration(STEP_TIMEOUT)} in vain until ${what}`))
  }, STEP_TIMEOUT)

  try {
    return await step(AbortSignal.any([signal, timeout.signal]))
  } finally {
    cancel()
  }
}

function sha256 (data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
