import { VirtualClock } from '@nara-stash/testing'
import { expect, it } from 'vitest'
import { Bounds } from '../../../src/host/mdns/bounds.ts'

it('whoever claims to be a peer uses up nothing of what that one may say', async () => {
  const clock = new VirtualClock()
  const bounds = new Bounds(clock)

  for (let i = 0; i < 1_000; i++) {
    bounds.mayTell('10.0.0.66', 'peer')
    await clock.advance(10)
  }

  expect(bounds.mayTell('10.0.0.1', 'peer')).toBe(true)
})

it('one sender is told of a few times a second, whomever it claims to be', async () => {
  const clock = new VirtualClock()
  const bounds = new Bounds(clock)
  let told = 0

  for (let i = 0; i < 10_000; i++) {
    told += bounds.mayTell('10.0.0.66', `peer ${i}`) ? 1 : 0
    await clock.advance(1)
  }

  expect(told).toBeGreaterThan(32)
  expect(told).toBeLessThanOrEqual(32 + 40)
})
