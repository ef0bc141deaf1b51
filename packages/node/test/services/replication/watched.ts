import { VirtualClock } from '@nara-stash/testing'
import { Copies } from '../../../src/services/replication/copies.ts'
import type { NetworkPeer } from '@nara-stash/protocol'

export function peer (id: string, address?: string): NetworkPeer {
  return { id, connection: 'c', since: 0, ...(address == null ? {} : { address }) }
}

/** Watches `a`, connected, and `b`, away. */
export async function watching (): Promise<{ clock: VirtualClock, copies: Copies }> {
  const clock = new VirtualClock()
  const copies = new Copies(clock)
  await clock.advance(1_000)
  copies.watch('a', peer('a', '192.0.2.1'))
  copies.watch('b', undefined)

  return { clock, copies }
}
