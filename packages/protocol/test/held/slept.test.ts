import { expect, it } from 'vitest'
import { DAY, MINUTE, NOVEMBER, LEASE_IN_SECONDS, holding, leftOf, run } from './running.ts'

it('a machine that slept for longer than a lease, and dies as soon as it knows, has lost no promise', async () => {
  const first = await holding()
  await first.clock.pass(20 * MINUTE, MINUTE)
  // the stamp that is due is written before anybody knows that it slept
  await first.clock.pass(31 * DAY, 31 * DAY)
  first.held.absent(31 * DAY - 10 * MINUTE)
  await first.clock.pass(0)

  const second = await run(first.disk, NOVEMBER)
  expect(second.held.lapsed()).toStrictEqual([])
  expect(leftOf(second, first.owner)).toBeGreaterThan(LEASE_IN_SECONDS - 2 * 60 * 60)
})
