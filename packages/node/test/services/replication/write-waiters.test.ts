import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { WriteWaiters } from '../../../src/services/replication/write-waiters.ts'
import type { WriteResult } from '../../../src/api.ts'

const results: WriteResult[] = [0, 1, 2].map(copies => ({ outcome: 'degraded', copies, minimum: 2, target: 3, failures: [] }))

function waiting (): { clock: VirtualClock, waiters: WriteWaiters<WriteResult>, at: (copies: number) => void, result: () => WriteResult } {
  const clock = new VirtualClock()
  let now = 0

  return { clock, waiters: new WriteWaiters(clock), at: copies => { now = copies }, result: () => results[now] as WriteResult }
}

describe('one who waits for a write', () => {
  it('is told what there is when it is so', async () => {
    const { waiters, at, result } = waiting()
    let kept = false
    let told: WriteResult | undefined
    const wait = waiters.wait({}, () => kept, result).then(value => { told = value })

    waiters.progress(true)
    await Promise.resolve()
    expect(told).toBeUndefined()

    kept = true
    at(2)
    waiters.progress(false)
    await wait
    expect(told).toBe(results[2])
  })

  it('hears whether everybody was tried', async () => {
    const { waiters, result } = waiting()
    const heard: boolean[] = []
    const wait = waiters.wait({}, tried => {
      heard.push(tried)

      return tried
    }, result)
    waiters.progress(false)
    waiters.progress(true)
    await wait
    waiters.progress(true)

    expect(heard).toStrictEqual([false, true])
  })

  it('is told what there is when its time is over', async () => {
    const { clock, waiters, at, result } = waiting()
    const wait = waiters.wait({ timeout: 500 }, () => false, result)
    await clock.advance(499)
    at(1)

    await expect(clock.outcome(wait)).resolves.toBe(results[1])
    expect(clock.now()).toBe(500)
  })

  it('waits without end if it gave no time', async () => {
    const { clock, waiters, result } = waiting()
    let told = false
    void waiters.wait({}, () => false, result).then(() => { told = true })
    await clock.advance(24 * 60 * 60_000)

    expect(told).toBe(false)
  })

  it('goes by its signal', async () => {
    const { clock, waiters, result } = waiting()
    const abort = new AbortController()
    const wait = waiters.wait({ timeout: 500, signal: abort.signal }, () => false, result)
    abort.abort(new RangeError('enough'))

    await expect(wait).rejects.toThrow(RangeError)
    await expect(waiters.wait({ signal: abort.signal }, () => true, result)).rejects.toThrow(RangeError)
    expect(clock.pending).toBe(0)
  })

  it('does not wait for others, nor they for it', async () => {
    const { clock, waiters, result } = waiting()
    const patient = waiters.wait({ timeout: 1_000 }, () => false, result)
    const quick = waiters.wait({}, () => true, result)
    waiters.progress(false)
    await quick

    expect(clock.pending).toBe(1)
    await clock.outcome(patient)
    expect(clock.now()).toBe(1_000)
  })

  it('is told what there is when nothing more will come', async () => {
    const { clock, waiters, result } = waiting()
    const all = [waiters.wait({}, () => false, result), waiters.wait({ timeout: 9 }, () => false, result)]
    waiters.end()

    await expect(Promise.all(all)).resolves.toStrictEqual([results[0], results[0]])
    expect(clock.pending).toBe(0)
  })
})
