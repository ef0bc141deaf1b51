import { describe, expect, it } from 'vitest'
import { nara } from '../process/nara-network.ts'
import { Lan } from './lan.ts'
import { LanScene } from './scene.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

const portOf = async (daemon: NaraDaemon): Promise<number> => Number(/\/tcp\/(\d+)/.exec((await daemon.started()).addresses[0] ?? '')?.[1])

async function stopped (daemon: NaraDaemon): Promise<string> {
  daemon.run.child.kill('SIGTERM')

  return (await daemon.run.done).stderr
}

describe.skipIf(!Lan.possible)('the port of a daemon', () => {
  it('is 6272, or another one if that is taken, and the same after a restart, whoever starts first', async () => {
    const scene = new LanScene()
    const host = scene.lan.host()
    const first = scene.start(host, 'first', '--no-mdns')
    expect(await portOf(first)).toBe(6272)
    expect((await first.status()).listen).toEqual(['/ip4/0.0.0.0/tcp/6272', '/ip6/::/tcp/6272'])

    const second = scene.start(host, 'second', '--no-mdns')
    expect(await portOf(second)).toBe(6273)
    expect(await stopped(first)).toBe('')
    expect(await stopped(second)).toMatch(/port 6272 is taken by another program: this nara listens on port 6273/)

    const again = scene.start(host, 'second', '--no-mdns')
    expect(await portOf(again)).toBe(6273)

    // told outright, a taken port is an error
    const told = nara(['start', '--dir', scene.folder, '--no-mdns', '--listen', '/ip4/0.0.0.0/tcp/6273'], { wrapper: scene.lan.on(host) })
    expect(await told.done).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot listen on /ip4/0.0.0.0/tcp/6273: the port is taken') })
    expect(await stopped(again)).toBe('')
  }, 240_000)
})
