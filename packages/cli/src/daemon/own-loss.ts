import type { Leave, OwnLeft } from '@nara-stash/node'

/** What a leaving nara tells of its own stash. */
export type OwnLeave = Pick<Leave, 'own' | 'deletion' | 'waiting' | 'setAside'>

/** True if something of our own ends with this process, or may: a version, a deletion that too few heard of, or a write. */
export function losesOwn ({ own, deletion, waiting, setAside }: OwnLeave): boolean {
  return isUnkept(own) || deletion != null || waiting > 0 || setAside > 0
}

/** True if something goes with a nara that stops: of its own, or the stash of an absent owner. */
export function isLoss (leave: Leave): boolean {
  return leave.left.length > 0 || losesOwn(leave)
}

/** It is not kept by enough others. */
export function isUnkept (own: OwnLeft | null): own is OwnLeft {
  return own != null && own.outcome !== 'kept'
}
