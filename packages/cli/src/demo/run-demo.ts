import { constants } from 'node:os'
import { exitCodes } from '../cli/exit-codes.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { formatDuration } from '../text/units.ts'
import { emptyReport, playScenario } from './scenario.ts'
import { openStage } from './stage.ts'
import { createTimeline, silentTimeline } from './timeline.ts'
import type { DemoReport } from './report.ts'
import type { ScenarioInit } from './scenario.ts'
import type { Io, StopSignal } from '../cli/io.ts'

/** Columns of the longest name. */
const NAME_WIDTH = 4

/**
 * Plays the demo and leaves nothing behind: no process and no file, whatever happens.
 *
 * @returns 0 only if all of it happened; 129, 130 or 143 if it was interrupted
 */
export async function runDemo (io: Io, json: boolean): Promise<number> {
  const began = io.clock.now()
  const elapsed = (): number => Math.round(io.clock.now() - began)
  const timeline = json ? silentTimeline : createTimeline(io.out, elapsed, NAME_WIDTH)
  const interrupt = new AbortController()
  let interruptedBy: StopSignal | undefined
  const ignore = io.onStopSignal(signal => {
    if (interruptedBy != null) {
      // a terminal that closes may say it twice
      if (signal === 'SIGHUP') {
        return
      }

      // what runs is ended as the process exits
      io.die(signal)
    }

    interruptedBy = signal
    interrupt.abort(new Error(`interrupted by ${signal}`))
  })

  const report = emptyReport()

  try {
    await playAndClear({ io, timeline, elapsed, report, signal: interrupt.signal })
    io.out.write(json ? jsonDocument({ ok: true, ...report }) : summary(report, elapsed()))

    return exitCodes.done
  } catch (error) {
    const reason = interruptedBy == null ? (error as Error).message : `interrupted by ${interruptedBy}`

    if (json) {
      io.out.write(jsonDocument({ ok: false, reason, ...report }))
    } else {
      timeline.heading('The demo did not come to its end; every process has ended')
      io.err.write(`nara-stash: ${printable(reason)}\n`)
    }

    return interruptedBy == null ? exitCodes.error : 128 + constants.signals[interruptedBy]
  } finally {
    ignore()
  }
}

async function playAndClear ({ io, ...init }: Omit<ScenarioInit, 'stage' | 'clock'> & { io: Io }): Promise<void> {
  const stage = await openStage(io)
  const { promise: interrupted, reject } = Promise.withResolvers<never>()

  init.signal.addEventListener('abort', () => { reject(init.signal.reason as Error) }, { once: true })

  try {
    // an interruption does not wait for what is under way: clearing the stage ends it
    await Promise.race([interrupted, playScenario({ ...init, stage, clock: io.clock })])
  } finally {
    await stage.clear()
  }
}

function summary ({ bytes = 0, via, recoveryTime = 0, repairTime = 0, repairDelay }: DemoReport, total: number): string {
  return [
    '',
    `Recovered ${bytes} bytes, bit for bit, ${formatDuration(recoveryTime)} after the process began; ` +
      `${via === 'push' ? 'a push' : 'asking'} came first.`,
    `A lost copy was replaced after ${formatDuration(repairTime)}, of which ${formatDuration(repairDelay)} were waited on purpose.`,
    `All of it took ${formatDuration(total)}. Every process has ended.`,
    ''
  ].join('\n')
}
