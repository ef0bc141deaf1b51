import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NaraNetwork } from './nara-network.ts'
import { leave as stop, peerId } from './scene.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

const NAMES = ['laptop-1', 'laptop-2', 'laptop-3']

/** A household of three with nothing set but where they meet; each has put something. */
async function household (): Promise<{ start (): Promise<NaraDaemon[]>, laptops: NaraDaemon[] }> {
  const network = await NaraNetwork.open()
  // it holds nothing: the three meet through it in the evening and in the morning
  await network.startAll(['router'], { args: ['--max-held', '0', '--held', 'memory'] })
  const start = async (): Promise<NaraDaemon[]> => {
    const laptops = NAMES.map(name => network.start(name, { dir: join(network.root, name), args: ['--name', name] }))

    await Promise.all(laptops.map(async laptop => await laptop.started()))

    return laptops
  }
  const laptops = await start()

  await Promise.all(laptops.map(async laptop => {
    expect(await laptop.command(['put', '--timeout', '60s'], `of ${await peerId(laptop)}`)).toMatchObject({ code: expect.toBeOneOf([0, 3]) as number })
    await laptop.status('--wait', 'copies=2')
  }))

  return { start, laptops }
}

/** What each has and says of it: its content, and whether it is confirmed. */
async function morning (laptops: readonly NaraDaemon[]): Promise<unknown[]> {
  return await Promise.all(laptops.map(async laptop => {
    const { confirmed } = await laptop.until('stash:recovered')

    return { confirmed, content: (await laptop.command(['get'])).stdout.toString(), state: (await laptop.status()).state }
  }))
}

it('three laptops that are switched off one after the other in the evening have everything in the morning, and each stops with 0', async () => {
  const { start, laptops } = await household()
  const expected = await Promise.all(laptops.map(async laptop => ({ confirmed: true, content: `of ${await peerId(laptop)}`, state: 'settled' })))

  // the router may have been asked, and has refused
  expect((await laptops[0]?.status())?.confidants.filter(({ keptUntil }) => keptUntil != null).map(({ keeps }) => keeps)).toEqual(['on disk', 'on disk'])

  for (const laptop of laptops) {
    expect(await stop(laptop)).toBe(0)
    expect(await laptop.until('leave')).toMatchObject({ kept: 2, handedOn: 0, left: [] })
  }

  expect(await morning(await start())).toEqual(expected)
}, 180_000)

it('a laptop that leaves hands on what it holds, has nothing of it at its next start, and says what nobody else keeps', async () => {
  const { start, laptops: [one, two, three] } = await household() as { start (): Promise<NaraDaemon[]>, laptops: [NaraDaemon, NaraDaemon, NaraDaemon] }

  expect(await stop(two)).toBe(0)
  await one.until('peer:disconnect')

  // the third is here and has its content; of the second nobody could make another copy
  const { code, stdout, stderr } = await one.command(['leave', '--json'])

  expect({ code, stderr, answer: JSON.parse(stdout.toString()) as unknown }).toMatchObject({ code: 3, stderr: '', answer: { kept: 2, handedOn: 0, withOwner: 1, left: [await peerId(two)] } })
  expect((await one.run.done).code).toBe(3)
  await stop(three)

  const [again] = await start() as [NaraDaemon]

  expect((await again.status('--wait', 'settled')).held.count).toBe(2)
}, 180_000)
