import { describe, expect, it } from 'vitest'
import { header } from '../record/headers.ts'
import { arrivalOf, heldStashes, placementOf, store } from './arrivals.ts'
import { TroubledStore } from './troubled-store.ts'
import type { DamagedStash } from '../../src/held/stash-store.ts'

const BODY = Uint8Array.of(1)
const v1 = header('owner', 'a', 1)
const v2 = header('owner', 'a', 2)

describe('a failing store', () => {
  it('fails the commit, keeps the copy before it, and frees the room', async () => {
    const troubled = new TroubledStore()
    const { held, newest } = heldStashes({ store: troubled, capacity: { stashes: 2 } })
    await store(held, arrivalOf(v1), BODY)
    troubled.failing.add('put')

    await expect(store(held, arrivalOf(v2), BODY)).rejects.toMatchObject({
      name: 'HeldStoreError', message: 'the store of held stashes failed: the disk fails to put', cause: { message: 'the disk fails to put' }
    })
    await expect(store(held, arrivalOf(header('another', 'a', 1)), BODY)).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(await held.read('owner')).toMatchObject({ stash: { record: v1 }, body: BODY })
    expect(newest.get('owner')).toBe(v1)
    expect(newest.get('another')).toBeUndefined()

    troubled.failing.clear()
    expect(await store(held, arrivalOf(header('a third', 'a', 1)), BODY)).toStrictEqual({ type: 'stored' })
    expect(await store(held, arrivalOf(v2), BODY)).toStrictEqual({ type: 'stored' })
  })

  it('fails the refreshing, and changes nothing', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1), BODY)
    troubled.failing.add('update')

    await expect(held.admit(arrivalOf(v1, { placement: placementOf('owner', 2) }))).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(held.get('owner')?.placement.version).toBe(1)
  })

  it('fails the dropping, and the stash is still held', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1), BODY)
    troubled.failing.add('delete')

    await expect(held.drop('owner', v1.id)).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(await held.read('owner')).toMatchObject({ body: BODY })
  })

  it('fails the reading, which is not the same as finding nothing', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1), BODY)
    troubled.failing.add('body')

    await expect(held.read('owner')).rejects.toMatchObject({ name: 'HeldStoreError' })
    expect(held.count).toBe(1)
    troubled.failing.clear()
    expect(await held.read('owner')).toMatchObject({ body: BODY })
  })

  it('fails the start, which can be tried again', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    troubled.failing.add('load')

    await expect(held.start()).rejects.toMatchObject({ name: 'HeldStoreError' })
    troubled.failing.clear()
    await held.start()
    await held.start()
    expect(troubled.calls).toStrictEqual(['load', 'load'])
  })

  it.each([true, false])('that lost a body ends the holding and says so, even if it cannot clear up (%s)', async (clears) => {
    const troubled = new TroubledStore()
    const { held, newest } = heldStashes({ store: troubled })
    const damaged: DamagedStash[] = []
    held.addEventListener('stash:damaged', ({ detail }) => { damaged.push(detail) })
    await store(held, arrivalOf(v1), BODY)
    troubled.lost = true

    if (!clears) {
      troubled.failing.add('delete')
    }

    expect(await held.read('owner')).toBeUndefined()
    expect(damaged).toStrictEqual([{ owner: 'owner', recordId: v1.id, reason: 'its body is missing or damaged' }])
    expect([held.count, held.get('owner')]).toStrictEqual([0, undefined])
    expect(newest.get('owner')).toBe(v1)

    troubled.lost = false
    expect(await store(held, arrivalOf(v1, { direct: false }), BODY)).toStrictEqual({ type: 'stored' })
    expect(held.get('owner')?.direct).toBe(false)
  })

  it('that does not answer does not hold up a reader whose time is over', async () => {
    const troubled = new TroubledStore()
    const { held } = heldStashes({ store: troubled })
    await store(held, arrivalOf(v1), BODY)
    const gate = Promise.withResolvers<undefined>()
    troubled.gate = gate.promise
    const controller = new AbortController()
    const reading = held.read('owner', { signal: controller.signal })
    controller.abort()

    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    gate.resolve(undefined)
    expect(await held.read('owner')).toMatchObject({ body: BODY })
  })
})
