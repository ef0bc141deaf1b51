import { composeStash } from '../../packages/node/dist/compose.js'
import { StashService } from '../../packages/node/dist/stash-service.js'
import { seededRandom } from '@nara-stash/testing'
import type { World } from './world.ts'
import type { StashParts } from '../../packages/node/dist/compose.js'
import type { Soul } from '@nara-stash/crypto'
import type { Datastore } from 'interface-datastore'
import type { SimPort } from '@nara-stash/testing'

/** One run of one nara: all it knows is gone when it ends. */
export interface Process {
  service: StashService
  parts: StashParts
  port: SimPort
}

export interface ProcessInit {
  id: string
  soul: Soul
  address: string
  /** Nobody can hold anything for this soul yet. */
  fresh: boolean
  seed: number
  /** Where it keeps what it holds; in RAM if left out. */
  datastore?: Datastore
}

/** A process of the real service, on the simulated network. */
export function bootProcess ({ init, net, board }: World, { id, soul, address, fresh, seed, datastore }: ProcessInit): Process {
  const port = net.join(id, { address })
  let parts: StashParts | undefined

  const service = new StashService(events => {
    parts = composeStash(
      { soul, fresh, memory: 'medium', target: init.target, lease: init.lease, clock: port.clock, random: seededRandom(seed), ...(datastore == null ? {} : { datastore }) },
      {
        network: port,
        presence: board.portOf(port),
        // addresses come with the board: no signed peer record is needed
        dialler: { dial: async (peer, addresses) => { await port.dial(peer, addresses) }, peerRecord: async () => undefined }
      },
      events
    )

    return parts
  })

  if (parts == null) {
    throw new Error('the service composes its parts at once')
  }

  return { service, parts, port }
}

/** Takes the holders' repair out of a process that has not started: it is composed as always, and its steward does not start. */
export function withoutHoldersRepair ({ steward }: StashParts): void {
  steward.start = () => {}
}

/**
 * Takes the owner's repair out of a process: it is composed as always, and its replication does not start, or ends. Returns what brings it back.
 */
export function withoutOwnersRepair ({ owning }: StashParts): () => void {
  if (owning == null) {
    return () => {}
  }

  const { replication } = owning
  replication.start = () => {}
  replication.stop()

  return () => {
    Reflect.deleteProperty(replication, 'start')
    replication.start()
  }
}
