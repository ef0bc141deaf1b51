import { peerIdFromString } from '@libp2p/peer-id'
import { MAX_HOLDERS } from '@nara-stash/protocol'
import { InvalidConfidantsError } from '../../errors.ts'
import type { Candidate } from '../../policy/select.ts'
import type { Copies } from './copies.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { PeerDirectory } from '../presence/peer-directory.ts'
import type { StashNetwork, Trust } from '@nara-stash/protocol'

/**
 * Peer ids that can be confidants: real ones, others than ourselves, each once, none denied.
 *
 * @throws {InvalidConfidantsError}
 */
export function checkConfidants (peers: readonly string[], self: string, trust: Trust): readonly string[] {
  if (peers.length > MAX_HOLDERS) {
    throw new InvalidConfidantsError(`${peers.length} confidants are more than the ${MAX_HOLDERS} that a placement names`)
  }

  for (const [i, peer] of peers.entries()) {
    if (!isPeerId(peer)) {
      throw new InvalidConfidantsError(`"${peer}" is no peer id; one looks like 12D3KooW...`)
    }

    if (peer === self) {
      throw new InvalidConfidantsError('a nara cannot be its own confidant')
    }

    if (peers.indexOf(peer) !== i) {
      throw new InvalidConfidantsError(`${peer} is named twice`)
    }

    if (!trust.admits(peer)) {
      throw new InvalidConfidantsError(`${peer} is denied, or not on the allow list`)
    }
  }

  return peers
}

/** What is known of those who are here. */
export interface CandidateSources {
  network: Pick<StashNetwork, 'peers'>
  directory: PeerDirectory
  disks: Pick<DiskEvidence, 'of'>
  trust: Trust
}

/** Connected peers of which one could be chosen. */
export function candidatesAmong ({ network, directory, disks, trust }: CandidateSources, copies: Copies): Candidate[] {
  return network.peers().filter(({ id }) => trust.admits(id)).map(({ id, address }) => {
    const accepting = directory.get(id)?.presence?.accepting
    const refusedUntil = copies.get(id)?.notBefore
    const disk = disks.of(id)

    return {
      id,
      uptime: directory.uptime(id),
      ...(address == null ? {} : { address }),
      ...(accepting == null ? {} : { accepting }),
      ...(refusedUntil == null ? {} : { refusedUntil }),
      ...(disk == null ? {} : { disk })
    }
  })
}

function isPeerId (text: string): boolean {
  try {
    return peerIdFromString(text).toString() === text
  } catch {
    return false
  }
}
