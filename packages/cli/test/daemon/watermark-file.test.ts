import { createSoul, peerIdString, publicKeyOf } from '@nara-stash/crypto'
import { InvalidOptionError } from '@nara-stash/node'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readWatermark, WatermarkKeeper } from '../../src/daemon/watermark-file.ts'
import { FakeStash } from '../support/fake-nara.ts'
import { runningDaemon } from '../support/running-daemon.ts'
import { tempDir } from '../support/temp-dir.ts'

const owner = peerIdString(publicKeyOf(createSoul()))
const envelope = (value: number): Uint8Array => new Uint8Array(100).fill(value)

describe('the newest header', () => {
  it('is left in the folder, private, the latest last', async () => {
    const dir = await tempDir()
    const stash = new FakeStash({})
    const keeper = new WatermarkKeeper(dir, owner)

    keeper.listen(stash as never, error => { throw error })

    for (let seq = 1; seq <= 20; seq++) {
      stash.emit('stash:watermark', { envelope: envelope(seq), seq: String(seq) })
    }

    await keeper.settled()
    expect((await readWatermark(dir, owner)).envelope).toEqual(envelope(20))
    expect((await stat(join(dir, 'watermark'))).mode & 0o777).toBe(0o600)
  })

  it('is tried again with the next one if it cannot be written', async () => {
    const dir = join(await tempDir(), 'none')
    const stash = new FakeStash({})
    const keeper = new WatermarkKeeper(dir, owner)
    const failures: Error[] = []

    keeper.listen(stash as never, error => { failures.push(error) })
    stash.emit('stash:watermark', { envelope: envelope(1), seq: '1' })
    await keeper.settled()
    stash.emit('stash:watermark', { envelope: envelope(2), seq: '2' })
    await keeper.settled()
    expect(failures.map(({ message }) => message)).toEqual(Array(2).fill(expect.stringMatching(/cannot write .*watermark: there is no folder/)))
  })

  it.each([
    ['{}', /is damaged and was ignored/], ['not JSON', /is damaged and was ignored/], ['null', /is damaged and was ignored/], ['{"peerId":"12D3KooWother","envelope":"AAAA"}', /is of another soul \(12D3KooWother\) and was ignored/]
  ])('%s is ignored with a note', async (text, note) => {
    const dir = await tempDir()

    await writeFile(join(dir, 'watermark'), text)
    expect(await readWatermark(dir, owner)).toEqual({ note: expect.stringMatching(note) as string })
    await writeFile(join(dir, 'soul'), '')
  })

  it('may be missing', async () => {
    expect(await readWatermark(await tempDir(), owner)).toEqual({})
  })
})

describe('a daemon', () => {
  it('leaves it, and gives it to the nara at the next start', async () => {
    const first = await runningDaemon()

    first.nara.fake.emit('stash:watermark', { envelope: envelope(7), seq: '7' })
    await first.stop()
    expect(first.io.stdout.toString()).toMatch(/\{"event":"stash:watermark","time":"[^"]+","seq":"7"\}/)

    const second = await runningDaemon({ dir: first.dir })

    expect(first.nara.options).not.toHaveProperty('lastKnown')
    expect(second.nara.options.lastKnown).toEqual(envelope(7))
  })

  it('of another soul leaves it alone until it has one of its own, and says so', async () => {
    const first = await runningDaemon()

    first.nara.fake.emit('stash:watermark', { envelope: envelope(7), seq: '7' })
    await first.stop()

    const second = await runningDaemon({ dir: first.dir, env: { NARA_SOUL: (await readFile(join(await soulOfAnother(), 'soul'), 'utf8')) } })

    expect(second.nara.options).not.toHaveProperty('lastKnown')
    expect(second.io.stderr).toMatch(/watermark is of another soul \(12D3KooW\w+\) and was ignored\n/)
    expect((await readWatermark(first.dir, first.nara.peerId)).envelope).toEqual(envelope(7))
  })

  it('starts without one that the nara does not take', async () => {
    const first = await runningDaemon()

    first.nara.fake.emit('stash:watermark', { envelope: envelope(7), seq: '7' })
    await first.stop()

    const second = await runningDaemon({
      dir: first.dir,
      prepare: nara => {
        if (nara.options.lastKnown != null) {
          throw new InvalidOptionError('lastKnown is no header of this soul')
        }
      }
    })

    expect(second.io.stderr).toMatch(/what an earlier start left in DIR\/watermark was ignored: lastKnown is no header of this soul\n/)
  })
})

/** A folder with a soul. */
async function soulOfAnother (): Promise<string> {
  const other = await runningDaemon()

  await other.stop()

  return other.dir
}
