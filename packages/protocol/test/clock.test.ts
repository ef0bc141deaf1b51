import { expect, it } from 'vitest'
import { systemClock } from '../src/index.ts'

it('a timer of the system clock is never early, whatever the fraction', async () => {
  const early = await Promise.all(Array.from({ length: 200 }, async (_, i) => await new Promise<number>(resolve => {
    const due = systemClock.now() + i / 7

    systemClock.setTimer(() => { resolve(due - systemClock.now()) }, i / 7)
  })))

  // what is due is given as a difference: it may be rounded by as much as doubles are
  expect(Math.max(...early)).toBeLessThan(1e-6)
})

it('a timer of the system clock that is called off is never heard of', async () => {
  const heard: string[] = []
  const cancel = systemClock.setTimer(() => { heard.push('called off') }, 40)

  await new Promise<void>(resolve => {
    systemClock.setTimer(() => { cancel() }, 1)
    systemClock.setTimer(resolve, 50)
  })

  expect(heard).toEqual([])
})
