import { printable } from '../text/printable.ts'
import { sameAddressText } from '../text/same-address.ts'
import { table } from '../text/table.ts'
import { MAY_BE_DELETED } from '../text/unconfirmed.ts'
import { count, formatBytes, formatDuration } from '../text/units.ts'
import { whyDoubtful } from '../text/doubt-reasons.ts'
import { doubtRows } from './doubt-text.ts'
import type { DaemonStatus } from '../api/types.ts'
import type { ConfidantStatus, StashState } from '@nara-stash/node'

const explanations: Record<StashState, (status: DaemonStatus) => string> = {
  searching: () => 'no peer has told of a stash yet; the search goes on',
  recovering: () => 'a copy was found; whether it is the newest is being asked',
  settled: ({ safe, copies: { have } }) => safe === false
    ? `the stash is known, but not safe: ${have === 0 ? 'no confidant within reach has it, so it may be lost with this daemon' : 'too few confidants have it'}`
    : 'the stash is known',
  empty: ({ deleted }) => deleted == null
    ? 'there is no stash of this nara: nobody who answered holds one'
    : `the stash of this nara was deleted, by its version ${deleted.seq}`,
  doubtful: () => 'somebody has to decide, or to come back'
}

const FULL_DISK = 'the disk has too little room: make some, or let less of it stay free (--keep-free)'

/** The status for people. */
export function statusText (status: DaemonStatus): string {
  const { name, peerId, state, held, addresses, mdns, peers, uptime, pid, twin } = status

  return table([
    ['name', printable(name)],
    ['peer id', peerId],
    ['state', `${state}: ${explanations[state](status)}`],
    ['peers', peers === 0 ? 'no peer is connected; who was tried, and why it failed: nara-stash peers' : `${peers} connected`],
    ...(mdns?.problem == null ? [] : [['mDNS', `finds nobody on this network: ${printable(mdns.problem)}`]]),
    ...recoveryRows(status),
    ...(twin == null ? [] : [['twin', `another process with this soul ${twin.seq === '0' ? 'runs' : `wrote version ${twin.seq}`} (boot ${printable(twin.boot)}), seen ${twin.since}. Run one of them only`]]),
    ...versionRows(status),
    ...copiesRows(status),
    ['holds', `${count(held.count, 'stash', 'stashes')} for others, ${held.limit} at most; ` +
      `${formatBytes(held.bytes)} of ${formatBytes(held.byteLimit)}`],
    ...(held.accepting ? [] : [['', `nobody else's is taken: ${held.diskFull ? FULL_DISK : 'that is all that this nara gives to others'}`]]),
    ...addresses.map((address, i) => [i === 0 ? 'addresses' : '', address]),
    ['daemon', `process ${pid}, up for ${formatDuration(uptime * 1_000)}`]
  ]) + (status.confidants.length === 0 ? '' : `\n${confidantsText(status.confidants)}`)
}

/** Confidants as a table for people. */
export function confidantsText (confidants: readonly ConfidantStatus[]): string {
  return table([
    ['CONFIDANT', 'NAME', 'STATE', 'KEEPS IT', 'AT LEAST UNTIL', 'SINCE'],
    ...confidants.map(({ peerId, name, state, since, pinned, keeps, keptUntil }) =>
      [printable(peerId), name === '' ? '-' : printable(name), pinned ? `${state}, pinned` : state, keeps ?? '-', keptUntil == null ? '-' : dayOf(keptUntil), since])
  ])
}

/** Promises last for days. */
function dayOf (isoDate: string): string {
  return isoDate.slice(0, isoDate.indexOf('T'))
}

/** The stash itself: its version, size and age. */
function versionRows ({ stash, pending, setAside }: DaemonStatus): string[][] {
  return [
    ['stash', stash == null ? 'none' : `version ${stash.seq}, ${formatBytes(stash.bytes)}, of ${stash.updatedAt}`],
    ...(stash == null ? [] : [['sha256', stash.sha256]]),
    ...(pending == null ? [] : [['waiting', `a write of ${formatBytes(pending)} waits until it is known what was stored before`]]),
    ...setAside.map(({ id, seq, bytes, updatedAt }, i) =>
      ['set aside', `${seq == null ? '' : `version ${seq} `}(${id.slice(0, 12)}), ${formatBytes(bytes)}, of ${updatedAt}: nara-stash get --set-aside ${i + 1}`])
  ]
}

/** How well it is kept. */
function copiesRows ({ copies, safe }: DaemonStatus): string[][] {
  const shared = sameAddressText(copies, 'have it')

  return [
    ['copies', `${copies.have} of ${copies.target}${safe === false ? `, ${copies.minimum} make it safe` : ''}${copies.keptUntil == null ? '' : `, kept at least until ${dayOf(copies.keptUntil)}`}`],
    ...(shared == null ? [] : [['', shared]])
  ]
}

function recoveryRows ({ recovery, state }: DaemonStatus): string[][] {
  const { via, from, confirmed, mayBeDeleted, answered, of, doubt } = recovery
  const rows: string[][] = []

  if (via != null && from != null) {
    rows.push(['recovered', `${via === 'push' ? 'pushed by' : 'fetched from'} ${printable(from)}, ` +
      `${confirmed ? 'confirmed' : 'unconfirmed'}: ${answered} of ${count(of, 'peer')} answered`])
  } else if (state === 'searching' || state === 'empty') {
    rows.push(['asked', `${answered} of ${count(of, 'peer')} answered`])
  }

  if (mayBeDeleted) {
    rows.push(['', `${MAY_BE_DELETED}. To keep it, put it again`])
  }

  if (doubt != null) {
    rows.push(['doubt', `${doubt.reason}: ${whyDoubtful(doubt)}. What can be done: nara-stash recover`])
    rows.push(...(doubt.error == null ? [] : [['', `the merge function could not decide: ${printable(doubt.error)}`]]))
    rows.push(...doubtRows(doubt).map(cells => ['', cells.filter(cell => cell !== '-').join(', ')]))
  }

  return rows
}
