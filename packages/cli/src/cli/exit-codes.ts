/** What a command tells its caller by its exit code. Scripts rely on them: README.md, "Exit codes". */
export const exitCodes = {
  done: 0,
  error: 1,
  usage: 2,
  degraded: 3,
  nothingFound: 4,
  noDaemon: 5,
  doubtful: 6,
  twin: 7
} as const

export type ExitCode = typeof exitCodes[keyof typeof exitCodes]

/** Ended by a signal: 128 and its number. */
export type SignalCode = 129 | 130 | 143

export const signalCodes: readonly SignalCode[] = [129, 130, 143]

/** One line on each, for `--help`. */
export const exitMeanings: Record<ExitCode | SignalCode, string> = {
  0: 'done',
  1: 'error',
  2: 'wrong usage or setting',
  3: 'fewer copies than make a stash safe, or than are wanted',
  4: 'nothing found',
  5: 'no daemon runs in the folder',
  6: 'doubtful: a newer or another version was seen',
  7: 'another process uses this soul, and what it wrote is in the way',
  129: 'ended by SIGHUP before it was done',
  130: 'ended by SIGINT before it was done',
  143: 'ended by SIGTERM before it was done'
}
