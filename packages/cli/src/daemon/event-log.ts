import { jsonLine } from '../text/json.ts'
import { eventText } from './event-text.ts'
import { repeats } from './repeats.ts'
import type { Listener } from './event-feed.ts'
import type { Output } from '../cli/io.ts'
import type { DaemonEvent } from '../api/types.ts'

/** Bytes that wait for a slow reader of the log: a stopped terminal must not fill the memory. */
const MAX_BACKLOG = 1024 * 1024

/** Prints events, one line of JSON each, or a line for people, to whom nothing is said twice. */
export function eventLog (out: Output, json: boolean): Listener {
  const isRepeat = repeats()
  let missed = 0
  const print = (event: DaemonEvent): void => { out.write(json ? jsonLine(event) : text(event)) }

  return event => {
    if (!json && isRepeat(event)) {
      return
    }

    if (out.backlog > MAX_BACKLOG) {
      missed++
      return
    }

    if (missed > 0) {
      print({ event: 'missed', time: event.time, events: missed })
      missed = 0
    }

    print(event)
  }
}

/** The time of day, local and to the millisecond, and what happened. */
function text (event: DaemonEvent): string {
  const said = eventText(event)

  if (said == null) {
    return ''
  }

  const time = new Date(event.time)
  const digits = (value: number, length = 2): string => String(value).padStart(length, '0')
  const clock = `${digits(time.getHours())}:${digits(time.getMinutes())}:${digits(time.getSeconds())}.${digits(time.getMilliseconds(), 3)}`

  return said.split('\n').map(line => `${clock}  ${line}\n`).join('')
}
