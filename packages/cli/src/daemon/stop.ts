import type { Io, StopSignal } from '../cli/io.ts'

/** Why a daemon stops. */
export type StopReason = StopSignal | 'standard input ended' | 'it was told to leave'

/**
 * Resolves, with the reason, when the daemon shall stop: on the first SIGHUP, SIGINT or SIGTERM, or, if asked for, when standard
 * input ends. A second signal ends the process at once, but for SIGHUP: a terminal that closes may say it twice, by the shell and by the system.
 */
export async function whenToStop (io: Pick<Io, 'onStopSignal' | 'die' | 'stdin'>, withParent: boolean): Promise<StopReason> {
  return await new Promise(resolve => {
    let asked = false

    io.onStopSignal(signal => {
      if (asked && signal !== 'SIGHUP') {
        io.die(signal)
      }

      asked = true
      resolve(signal)
    })

    if (withParent) {
      const ended = (): void => {
        asked = true
        resolve('standard input ended')
      }

      io.stdin.once('end', ended).once('close', ended).once('error', ended).resume()
    }
  })
}
