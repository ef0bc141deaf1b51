import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nara, NaraNetwork, startDaemon } from './nara-network.ts'
import { met } from './scene.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

const TIMEOUT = 60_000

it('who joins with an invitation needs nothing else, and the key is in no log', async () => {
  const network = await NaraNetwork.open()
  const [host] = await network.startAll(['host'], { args: ['--network', 'friends'] }) as [NaraDaemon]
  const invited = await host.command(['invite'])

  expect(invited).toMatchObject({ code: 0 })

  const dir = join(network.root, 'friend')
  const joined = await nara(['join', '--dir', dir, '-'], { stdin: invited.stdout }).done

  expect(joined).toMatchObject({ code: 0, stderr: '' })

  const friend = startDaemon(dir, ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0'])

  await Promise.all([met(friend, host), met(host, friend)])
  expect(await friend.status()).toMatchObject({ network: 'friends', pskFile: join(dir, 'network.key') })
  expect(await host.command(['put', '--timeout', '5s', '--json'], 'shared')).toMatchObject({ code: 3 })
  await friend.until('held:stored')

  const key = (await readFile(network.pskFile, 'utf8')).trim().split('\n').at(-1) ?? ''
  const told = JSON.stringify([...host.events, ...friend.events]) + joined.stdout.toString() + invited.stderr

  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(told).not.toContain(key)
  expect(told).not.toContain(invited.stdout.toString().trim().slice(20, 60))
}, TIMEOUT)
