import { whyDoubtful } from '../text/doubt-reasons.ts'
import { printable } from '../text/printable.ts'
import { table } from '../text/table.ts'
import { formatBytes } from '../text/units.ts'
import type { DaemonStatus } from '../api/types.ts'
import type { Doubt } from '@nara-stash/node'

/** So many digits of an id tell versions apart, for people. */
const ID_DIGITS = 12

/** A doubt as rows of a table: a version each. */
export function doubtRows ({ records }: Doubt): string[][] {
  return records.map(({ id, seq, readable, tombstone, holders, createdAt, bytes }) => [
    `version ${seq}`,
    id.slice(0, ID_DIGITS),
    tombstone === true ? 'is a deletion' : readable ? 'can be read' : 'cannot be read',
    bytes == null ? '-' : formatBytes(bytes),
    createdAt ?? '-',
    holders.length === 0 ? 'held by nobody within reach' : `held by ${holders.map(printable).join(', ')}`
  ])
}

/** What is doubtful and what can be done about it, for people. */
export function doubtText (doubt: Doubt, setAside: DaemonStatus['setAside'] = []): string {
  const readable = doubt.records.filter(record => record.readable)
  const [best] = readable
  const choices: string[][] = []

  if (best != null) {
    choices.push(['nara-stash get --doubtful -o FILE', `look at version ${best.seq} first`])
    choices.push(['nara-stash recover --accept-older', `go on from version ${best.seq}, the best that can be read`])
  }

  for (const { id, seq } of readable) {
    choices.push([`nara-stash recover --adopt ${id.slice(0, ID_DIGITS)}`, `go on from version ${seq}${where(id, setAside)}`])
  }

  for (const { id, seq, updatedAt } of setAside.filter(({ id }) => !readable.some(record => record.id === id))) {
    choices.push([`nara-stash recover --adopt ${id.slice(0, ID_DIGITS)}`,
      `go on from what was set aside${seq == null ? '' : `, version ${seq}`}, of ${updatedAt}${where(id, setAside)}`])
  }
  choices.push(['nara-stash recover --fresh', 'begin with nothing'])

  return [
    `doubtful (${doubt.reason}): ${whyDoubtful(doubt)}\n`,
    doubt.error == null ? '' : `the merge function could not decide: ${printable(doubt.error)}\n`,
    doubt.records.length === 0 ? '' : `\n${indented(doubtRows(doubt))}`,
    doubt.reason === 'CONFLICT' || isAllHere(doubt)
      ? '\nWrites wait until you decide. One that waits is set aside if another version is taken, and is the stash if you begin with nothing:\n'
      : '\nWrites wait: one that waits is set aside if another version is taken, and is the stash if you begin with nothing. ' +
        'If who holds it comes back, the doubt ends by itself: bring them back first. Else decide:\n',
    indented(choices)
  ].join('')
}

/** Nobody need come back: the newer version can be read, and is to be decided on. */
function isAllHere ({ reason, records }: Doubt): boolean {
  return reason === 'ROLLBACK_SUSPECTED' && records.every(({ readable }) => readable)
}

/** How to look at it. */
function where (id: string, setAside: DaemonStatus['setAside']): string {
  const at = setAside.findIndex(version => version.id === id)

  return at === -1 ? '' : `; look at it: nara-stash get --set-aside ${at + 1}`
}

function indented (rows: readonly (readonly string[])[]): string {
  return table(rows).replaceAll(/^/gm, '  ').trimEnd() + '\n'
}
