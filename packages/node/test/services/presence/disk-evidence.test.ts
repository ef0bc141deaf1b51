import { VirtualClock } from '@nara-stash/testing'
import { expect, it } from 'vitest'
import { DiskEvidence } from '../../../src/services/presence/disk-evidence.ts'
import { PeerDirectory } from '../../../src/services/presence/peer-directory.ts'

const PEER = 'peer'

interface Seen {
  disks: DiskEvidence
  /** It connects, and says that it runs with this boot. */
  boots (boot: string, onDisk?: boolean): Promise<void>
  /** It connects anew, and has said nothing since. */
  connects (): void
}

function observe (isKnown = false): Seen {
  const clock = new VirtualClock()
  const directory = new PeerDirectory(clock)
  let since = 0
  let n = 0
  const network = { peers: () => [{ id: PEER, connection: '', since }] }

  return {
    disks: new DiskEvidence({ network, directory, isKnown: () => isKnown }),
    connects: () => { since = clock.now() + 1 },
    boots: async (boot, onDisk = true) => {
      await clock.advance(1_000)
      since = clock.now()
      directory.heard(PEER, { kind: 'here', boot, n: ++n, accepting: true, uptime: 0, maxBytes: 1, name: '', ...(onDisk ? { onDisk } : {}) })
    }
  }
}

it('a disk that is said to be there is seen once its peer proves, after a restart, what it had before', async () => {
  const { disks, boots } = observe()

  expect(disks.of(PEER)).toBeUndefined()
  await boots('one')
  expect(disks.of(PEER)).toBe('said')
  disks.brought(PEER, 'record')
  disks.proved(PEER, 'record')
  expect(disks.of(PEER)).toBe('said')
  await boots('two')
  disks.proved(PEER, 'another record')
  expect(disks.of(PEER)).toBe('said')
  disks.proved(PEER, 'record')
  expect(disks.of(PEER)).toBe('seen')
})

it('of a peer that is known its word is enough, and it has to say it', async () => {
  const { disks, boots } = observe(true)

  await boots('one', false)
  expect(disks.of(PEER)).toBeUndefined()
  await boots('one')
  expect(disks.of(PEER)).toBe('seen')
})

it('one that was brought what it had, or lacks it, has shown no disk', async () => {
  for (const loses of ['brought', 'lacked'] as const) {
    const { disks, boots } = observe()

    await boots('one')
    disks.proved(PEER, 'record')
    await boots('two')
    disks.proved(PEER, 'record')
    expect(disks.of(PEER)).toBe('seen')
    await boots('three')
    disks[loses](PEER, 'record')
    expect(disks.of(PEER)).toBe('said')
    disks.proved(PEER, 'record')
    expect(disks.of(PEER)).toBe('said')
    await boots('four')
    disks.proved(PEER, 'record')
    expect(disks.of(PEER)).toBe('seen')
  }
})

it('what is proved before its process has told its boot on this connection shows nothing', async () => {
  const { disks, boots, connects } = observe()

  await boots('one')
  disks.proved(PEER, 'record')
  connects()
  // it may be another process by now, that was given the record by somebody
  disks.proved(PEER, 'record')
  await boots('two')
  disks.brought(PEER, 'record')
  disks.proved(PEER, 'record')
  expect(disks.of(PEER)).toBe('said')
})

it('remembers no more than so many peers', async () => {
  const { disks, boots } = observe()

  await boots('one')
  disks.proved(PEER, 'record')

  for (let i = 0; i < 100; i++) {
    disks.proved(PEER, `record ${i}`)
  }

  await boots('two')
  disks.proved(PEER, 'record')
  expect(disks.of(PEER)).toBe('said')
  disks.proved(PEER, 'record 99')
  expect(disks.of(PEER)).toBe('seen')
})
