import { join } from 'node:path'
import { isMissing, readSmallObject } from '../files/read-small.ts'
import { writePrivate } from '../files/write-private.ts'
import { printable } from '../text/printable.ts'
import type { AddressBook, MetPeer } from '@nara-stash/node'

/** The version of the file's format. A daemon does not touch a file of a later version. */
const FORMAT = 1

/** 256 peers, each with 16 long addresses. */
const MAX_PEERS_FILE = 4 * 1024 * 1024

/** DIR/peers.json: the peers that were met, so that they are tried again after a restart. Private: it says whom its owner deals with. */
export function peersPath (dir: string): string {
  return join(dir, 'peers.json')
}

/** @param say - told what goes wrong: each start goes on without what cannot be read, and each write is tried again with the next one */
export function peersFile (dir: string, say: (text: string) => void): AddressBook {
  const path = peersPath(dir)
  let isOfLater = false
  let isFailing = false

  return {
    read: async () => {
      try {
        const { version, peers } = await readSmallObject(path, MAX_PEERS_FILE)

        isOfLater = typeof version === 'number' && version > FORMAT

        if (isOfLater) {
          say(`${printable(path)} was written by a later version of this program: peers are neither remembered from it nor written to it. Update nara-stash, or remove the file`)
        } else if (version === FORMAT && Array.isArray(peers)) {
          return peers.filter((peer: unknown) => typeof peer === 'object' && peer !== null) as MetPeer[]
        } else {
          say(`${printable(path)} is damaged and was ignored: this nara knows nobody from before`)
        }
      } catch (error) {
        if (!isMissing(error)) {
          say(`${printable(path)} was ignored: ${printable((error as Error).message)}`)
        }
      }

      return []
    },
    write: async peers => {
      if (isOfLater) {
        return
      }

      try {
        await writePrivate(dir, path, JSON.stringify({ version: FORMAT, peers }, undefined, 1) + '\n')
        isFailing = false
      } catch (error) {
        if (!isFailing) {
          say(`peers that are met are not remembered: ${(error as Error).message}`)
        }

        isFailing = true
      }
    }
  }
}
