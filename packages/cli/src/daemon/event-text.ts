import { printable } from '../text/printable.ts'
import { whyDoubtful } from '../text/doubt-reasons.ts'
import { MAY_BE_DELETED } from '../text/unconfirmed.ts'
import { count, formatBytes, formatDuration } from '../text/units.ts'
import { isUnkept } from './own-loss.ts'
import type { DaemonEvent } from '../api/types.ts'
import type { OwnLeave } from './own-loss.ts'
import type { Leave, LeaveOutcome, OwnLeft } from '@nara-stash/node'

type Sayings = { [E in DaemonEvent as E['event']]: (event: E) => string | undefined }

/** What each event is for people; undefined where it would only be noise. */
const sayings: Sayings = {
  started: ({ name, peerId, addresses, dir, newSoul, startedIn }) => [
    `${printable(name)} is up as ${peerId}, ${formatDuration(startedIn)} after the process began`,
    ...addresses.map(address => `  listens on ${address}`),
    newSoul ? `  a new soul was made: back up ${printable(dir)}/soul, or write down the words that nara-stash id words tells` : ''
  ].filter(line => line !== '').join('\n'),
  mdns: ({ working, problem = '' }) => working ? 'mDNS works again' : `mDNS finds nobody on this network: ${printable(problem)}`,
  stopping: ({ why }) => `stops: ${printable(why)}`,
  stopped: () => 'stopped',
  missed: ({ events }) => `${count(events, 'event')} not shown: the output was read too slowly`,
  'stash:state': ({ state, previous }) => `the stash is ${state}, was ${previous}`,
  'stash:found': ({ via, from, bytes }) =>
    `a copy of the stash (${formatBytes(bytes)}) was ${via === 'push' ? 'pushed by' : 'fetched from'} ${peer(from)}`,
  'stash:recovered': ({ bytes, seq, from, confirmed, mayBeDeleted, answered, of }) =>
    `recovered version ${seq} (${formatBytes(bytes)}) from ${peer(from)}, ` +
    `${confirmed ? 'confirmed' : 'unconfirmed'} by ${answered} of ${count(of, 'peer')}${mayBeDeleted ? `; ${MAY_BE_DELETED}` : ''}`,
  'stash:copies': ({ have, minimum, target, seq }) =>
    `version ${seq} is held by ${have} of ${count(target, 'confidant')}${have < minimum ? `; ${minimum} make it safe` : ''}`,
  'stash:doubt': ({ reason, records, error }) =>
    `doubtful (${reason}): ${whyDoubtful({ reason, records })}; ${count(records.length, 'version')} seen${error == null ? '' : `; the merge function could not decide: ${printable(error)}`}. ` +
    'What can be done: nara-stash recover',
  'stash:twin': ({ boot, seq, from }) =>
    `a twin: another process with this soul ${seq === '0' ? 'runs' : `wrote version ${seq}`} (boot ${printable(boot)}, told by ${peer(from)}). Run one of them only`,
  'stash:watermark': () => undefined,
  'stash:set-aside': ({ bytes, why }) => `a version of ${formatBytes(bytes)} was set aside${why == null ? '' : `: ${printable(why)}`}`,
  'confidant:add': ({ peer: id, name }) => `${named(id, name)} is a confidant`,
  'confidant:remove': ({ peer: id, name, why }) => `${named(id, name)} is no confidant any more: ${printable(why)}`,
  'confidant:state': ({ peer: id, name, state }) => `confidant ${named(id, name)} is ${state}`,
  'held:stored': ({ owner, name, seq, bytes }) => `holds version ${seq} (${formatBytes(bytes)}) for ${named(owner, name)}`,
  'held:refused': ({ owner, name, reason }) => `refused to hold for ${named(owner, name)}: ${printable(reason)}`,
  'held:failed': ({ owner, name, why }) => `what keeps the copies failed, for ${named(owner, name)}: ${printable(why)}`,
  'held:disk': ({ full }) => full
    ? 'the disk has too little room to hold more for others: make room there, or let less of it stay free (--keep-free)'
    : 'the disk has room again to hold more for others',
  'held:dropped': ({ owner, name, why }) => `holds nothing for ${named(owner, name)} any more: ${printable(why)}`,
  'held:pushed': ({ owner, name, seq, outcome }) => `offered ${named(owner, name)} its version ${seq}: ${printable(outcome)}`,
  'held:repaired': ({ owner, name, to, why }) => `gave ${peer(to)} a copy for ${named(owner, name)}: ${printable(why)}`,
  'held:audited': ({ owner, name, peer: id, verdict }) =>
    verdict === 'proved' ? undefined : `${peer(id)} was asked to prove its copy for ${named(owner, name)}: ${printable(verdict)}`,
  'held:leaving': ({ owner, name, outcome }) => `${named(owner, name)}: ${fates[outcome]}`,
  leave: event => [...leftToOthers(event), ...lostWithUs(event)].join('\n') || undefined,
  'peer:connect': ({ peer: id, name, address }) => `met ${named(id, name)}${address == null ? '' : ` at ${printable(address)}`}`,
  'peer:disconnect': ({ peer: id, name }) => `lost ${named(id, name)}`,
  'peer:unreachable': ({ peer: id, addresses, why }) => `cannot reach ${places(id, addresses)}: ${printable(why)}`,
  presence: ({ peer: id, name, kind }) => kind === 'here' ? undefined : `${named(id, name)} says ${kind}`
}

/** One event as text for people, without its time; undefined if it is not worth a line. */
export function eventText (event: DaemonEvent): string | undefined {
  return (sayings[event.event] as (event: DaemonEvent) => string | undefined)(event)
}

/** What became of one stash that was held here. */
const fates: Record<LeaveOutcome, string> = {
  handedOn: 'its stash is as safe without this nara',
  withOwner: 'its stash is left to it, and it is here',
  left: 'of its stash no other copy is known to be safe'
}

/** What becomes of what is held for others. */
export function leftToOthers ({ kept, handedOn, withOwner, left }: Leave): string[] {
  const parts = [
    ...(kept > 0 ? [`keeps ${count(kept, 'stash', 'stashes')} for others on its disk; ${kept === 1 ? 'it is' : 'they are'} here again at the next start`] : []),
    ...(handedOn > 0 || left.length > 0 ? [`handed on ${count(handedOn, 'stash', 'stashes')}`] : []),
    ...(withOwner > 0 ? [`left to ${withOwner === 1 ? 'its owner, who is' : 'their owners, who are'} here: ${withOwner}`] : []),
    ...(left.length > 0 ? [`of those of ${left.map(peer).join(', ')} no other copy is known to be safe`] : [])
  ]

  return parts.length === 0 ? [] : [parts.join('; ')]
}

/** What of our own is lost with this process, or may be. */
export function lostWithUs ({ own, deletion, waiting, setAside }: OwnLeave): string[] {
  return [
    ...(isUnkept(own) ? [`version ${own.seq} (${formatBytes(own.bytes)}) is held by ${keepers(own)}`] : []),
    ...(deletion == null ? [] : [`the deletion (version ${deletion.seq}) was told to ${deletion.told === 0 ? 'nobody' : count(deletion.told, 'peer')}: who was away may still have a copy`]),
    ...(waiting === 0 ? [] : [waiting === 1 ? '1 write was still waiting: it is lost' : `${waiting} writes were still waiting: they are lost`]),
    ...(setAside === 0 ? [] : [setAside === 1 ? '1 write was set aside: it is lost' : `${setAside} writes were set aside: they are lost`])
  ]
}

function keepers ({ copies, away, minimum, acknowledged }: OwnLeft): string {
  if (copies + away > 0) {
    return `${count(copies + away, 'confidant')} only${away === 0 ? '' : `, ${copies === 0 ? 'away' : `of which ${away} away`} with a disk`}; ${minimum} make it safe`
  }

  return acknowledged
    ? 'nobody within reach: it comes back if one of those who took it does'
    : 'nobody within reach, and nobody is known to have it'
}

/** A peer's name and enough of its id to tell it from others of that name. */
function named (id: string, name: string): string {
  return name === '' ? peer(id) : `${printable(name)} (${peer(id)})`
}

/** The end of a peer id: all begin alike. */
export function peer (id: string): string {
  const safe = printable(id)

  return safe.length > 12 ? `…${safe.slice(-8)}` : safe
}

/** Addresses that are shown of one peer: it may have told many. */
const MAX_SHOWN = 2

/** Where a peer was looked for, as addresses to be compared with those that were set. */
function places (id: string, addresses: readonly string[]): string {
  const suffix = `/p2p/${id}`
  const shown = addresses.slice(0, MAX_SHOWN).map(address => printable(address.endsWith(suffix) ? address : address + suffix))
  const more = addresses.length - shown.length

  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
