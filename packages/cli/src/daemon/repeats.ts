import type { DaemonEvent } from '../api/types.ts'

/** Peers that are remembered; one above them may be told again. */
const MAX_PEERS = 4_096

/**
 * Tells events that say to people only what was said: a peer that was met and not lost since (both sides may dial, and each connection is an event), its hey-there
 * again in one boot of it, and the same doubt. Asked once for each event, in order.
 */
export function repeats (): (event: DaemonEvent) => boolean {
  const boots = new Map<string, string>()
  const met = new Map<string, true>()
  let doubt: string | undefined

  return event => {
    switch (event.event) {
      case 'peer:connect':
        return isKnown(met, event.peer, true)
      case 'peer:disconnect':
        met.delete(event.peer)

        return false
      case 'presence':
        return event.kind === 'hey-there' && isKnown(boots, event.peer, event.boot)
      case 'stash:doubt': {
        const { time: _, ...content } = event
        const before = doubt

        doubt = JSON.stringify(content)

        return doubt === before
      }
      case 'stash:state':
        // after another state a doubt is another one, whatever it looks like
        doubt = event.state === 'doubtful' ? doubt : undefined

        return false
      default:
        return false
    }
  }
}

/** Whether this was said of the peer last; it is noted, and of too many peers the one that was told of longest ago is forgotten. */
function isKnown <Value> (told: Map<string, Value>, peer: string, value: Value): boolean {
  const before = told.get(peer)

  told.delete(peer)
  told.set(peer, value)

  const [oldest] = told.keys()

  if (oldest != null && told.size > MAX_PEERS) {
    told.delete(oldest)
  }

  return before === value
}
