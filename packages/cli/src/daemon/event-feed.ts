import type { Clock } from '../clock.ts'
import type { DaemonEvent } from '../api/types.ts'
import type { Stash, StashEvents } from '@nara-stash/node'

type Untimed<E> = E extends DaemonEvent ? Omit<E, 'time'> : never
type Told<K extends keyof StashEvents> = StashEvents[K]['detail']

export type Listener = (event: DaemonEvent) => void

/** What happens in the nara, as the values that are printed and sent: to everybody who listens, in order. */
export interface EventFeed {
  subscribe (listener: Listener): () => void
  publish (event: Untimed<DaemonEvent>): void
}

// a record, so that the compiler finds an event that is missing
const names: Record<keyof StashEvents, true> = {
  'stash:state': true,
  'stash:found': true,
  'stash:recovered': true,
  'stash:copies': true,
  'stash:doubt': true,
  'stash:twin': true,
  'stash:watermark': true,
  'stash:set-aside': true,
  'confidant:add': true,
  'confidant:remove': true,
  'confidant:state': true,
  'held:stored': true,
  'held:refused': true,
  'held:failed': true,
  'held:disk': true,
  'held:dropped': true,
  'held:pushed': true,
  'held:repaired': true,
  'held:audited': true,
  'held:leaving': true,
  leave: true,
  'peer:connect': true,
  'peer:disconnect': true,
  'peer:unreachable': true,
  presence: true
}

export function createEventFeed (stash: Pick<Stash, 'addEventListener'>, clock: Pick<Clock, 'date'>): EventFeed {
  const listeners = new Set<Listener>()
  const publish: EventFeed['publish'] = event => {
    const { event: name, ...fields } = event
    const timed = { event: name, time: clock.date().toISOString(), ...fields } as DaemonEvent

    for (const listener of listeners) {
      listener(timed)
    }
  }

  for (const name of Object.keys(names) as Array<keyof StashEvents>) {
    stash.addEventListener(name, ({ detail }: CustomEvent<Told<typeof name>>) => {
      publish({ ...(name === 'stash:watermark' ? withoutEnvelope(detail as Told<'stash:watermark'>) : detail), event: name } as Untimed<DaemonEvent>)
    })
  }

  return {
    publish,
    subscribe: listener => {
      listeners.add(listener)

      return () => { listeners.delete(listener) }
    }
  }
}

/** The header itself is for the file in DIR (watermark-file.ts), not for people. */
function withoutEnvelope ({ seq }: Told<'stash:watermark'>): { seq: string } {
  return { seq }
}
