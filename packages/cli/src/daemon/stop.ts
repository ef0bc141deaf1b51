import { constants } from 'node:os'
import type { Io } from '../cli/io.ts'

/**
 * Resolves, with the reason, when the daemon shall stop: on the first SIGINT or SIGTERM, or, if asked for, when standard
 * input ends. A second signal ends the process at once.
 */
export async function whenToStop (io: Pick<Io, 'onStopSignal' | 'exit' | 'stdin'>, withParent: boolean): Promise<string> {
  return await new Promise(resolve => {
    let asked = false

    io.onStopSignal(signal => {
      if (asked) {
        io.exit(128 + constants.signals[signal])
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
