import { styleText } from 'node:util'
import type { Output } from '../cli/io.ts'

type Style = Parameters<typeof styleText>[0]

/** How a line is meant. */
export type Tone = 'plain' | 'good' | 'bad' | 'quiet'

export interface Timeline {
  heading (text: string): void
  /** One thing that happened: when, to whom, and what. */
  line (who: string, what: string, tone?: Tone): void
}

const MARKS: Record<Tone, [mark: string, style: Style]> = {
  plain: ['·', 'reset'],
  good: ['✓', 'green'],
  bad: ['✗', 'red'],
  quiet: ['·', 'dim']
}

/**
 * A timeline for people, with the milliseconds since the demo began. In colours only on a terminal, and not if NO_COLOR is
 * set (https://no-color.org).
 */
export function createTimeline (out: Output, elapsed: () => number, width: number): Timeline {
  const paint = (style: Style, text: string): string => styleText(style, text, { stream: out.stream })

  return {
    heading: text => { out.write(`\n${paint('bold', text)}\n`) },
    line: (who, what, tone = 'plain') => {
      const [mark, style] = MARKS[tone]
      const time = `${(elapsed() / 1_000).toFixed(3).padStart(8)} s`

      out.write(`${paint('dim', time)}  ${paint(style, mark)} ${paint('cyan', who.padEnd(width))}  ${paint(style, what)}\n`)
    }
  }
}

/** For `--json`: nothing until the document at the end. */
export const silentTimeline: Timeline = { heading: () => {}, line: () => {} }
