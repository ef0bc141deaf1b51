/** What a command tells its caller by its exit code. Scripts rely on them: README.md, "Exit codes". */
export const exitCodes = {
  done: 0,
  error: 1,
  usage: 2,
  degraded: 3,
  nothingFound: 4,
  noDaemon: 5,
  doubtful: 6
} as const

export type ExitCode = typeof exitCodes[keyof typeof exitCodes]

/** One line on each, for `--help`. */
export const exitMeanings: Record<ExitCode, string> = {
  0: 'done',
  1: 'error',
  2: 'wrong usage or setting',
  3: 'fewer copies than make a stash safe, or than are wanted',
  4: 'nothing found',
  5: 'no daemon runs in the folder',
  6: 'doubtful: a newer or another version was seen'
}
