import type { DaemonEvent } from '../api/types.ts'

/** Peers whose boot is remembered; one above them may be told again. */
const MAX_PEERS = 4_096

/** Tells events that say to people only what was said: a peer's hey-there again in one boot of it, and the same doubt. Asked once for each event, in order. */
export function repeats (): (event: DaemonEvent) => boolean {
  const boots = new Map<string, string>()
  let doubt: string | undefined

  return event => {
    if (event.event === 'presence' && event.kind === 'hey-there') {
      const { peer, boot } = event
      const isKnown = boots.get(peer) === boot

      boots.delete(peer)
      boots.set(peer, boot)
      dropOldest(boots)

      return isKnown
    }

    if (event.event === 'stash:doubt') {
      const { time: _, ...content } = event
      const before = doubt

      doubt = JSON.stringify(content)

      return doubt === before
    }

    // after another state a doubt is another one, whatever it looks like
    if (event.event === 'stash:state' && event.state !== 'doubtful') {
      doubt = undefined
    }

    return false
  }
}

function dropOldest (map: Map<string, string>): void {
  const [oldest] = map.keys()

  if (oldest != null && map.size > MAX_PEERS) {
    map.delete(oldest)
  }
}
