import { createSoul, peerIdString, publicKeyOf } from '@nara-stash/crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { peersFile, peersPath } from '../../src/daemon/peers-file.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { AddressBook, MetPeer } from '@nara-stash/node'

const peer: MetPeer = {
  peerId: peerIdString(publicKeyOf(createSoul())), name: 'bob', addresses: ['/ip4/192.0.2.1/tcp/6272'], starts: 3, lastMet: '2026-11-01T00:00:00.000Z'
}

async function book (content?: string): Promise<{ dir: string, book: AddressBook, said: string[] }> {
  const dir = await tempDir()
  const said: string[] = []

  if (content != null) {
    await writeFile(peersPath(dir), content)
  }

  return { dir, said, book: peersFile(dir, text => { said.push(text) }) }
}

describe('DIR/peers.json', () => {
  it('is private, and gives back what was written', async () => {
    const { dir, book: file, said } = await book()
    expect(await file.read()).toEqual([])

    await file.write([peer])
    expect(await file.read()).toEqual([peer])
    expect((await stat(peersPath(dir))).mode & 0o777).toBe(0o600)
    expect(said).toEqual([])
  })

  it.each(['', '{', 'null', '[]', '{"version":1}', '{"version":0,"peers":[]}', '{"version":"1","peers":[]}', 'x'.repeat(5_000_000)])('is ignored, and that is said, if it is damaged', async content => {
    const { book: file, said } = await book(content)

    expect(await file.read()).toEqual([])
    expect(said).toEqual([expect.stringMatching(/is damaged and was ignored|is larger than/)])
    await file.write([peer])
    expect(await file.read()).toEqual([peer])
  })

  it('is left as it is if a later program wrote it', async () => {
    const content = '{"version":2,"peers":{}}'
    const { dir, book: file, said } = await book(content)

    expect(await file.read()).toEqual([])
    await file.write([peer])
    expect(await readFile(peersPath(dir), 'utf8')).toBe(content)
    expect(said).toEqual([expect.stringContaining('later version')])
  })

  it('that cannot be written is said once, until it can', async () => {
    const { dir, book: file, said } = await book()
    await mkdir(join(peersPath(dir), 'in the way'), { recursive: true })
    await file.write([peer])
    await file.write([peer])

    expect(said).toEqual([expect.stringContaining('are not remembered')])
  })
})
