import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inFolder } from '../../src/cli/hints.ts'
import { run } from '../../src/cli/program.ts'
import { fakeIo } from '../support/fake-io.ts'
import { runningDaemon } from '../support/running-daemon.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { FakeIo } from '../support/fake-io.ts'

async function command (args: string[], init: { cwd?: string, env?: Record<string, string>, stdin?: string } = {}): Promise<FakeIo & { code: number }> {
  const io = fakeIo(init)

  return Object.assign(io, { code: await run(args, io) })
}

describe('a command that is named in a text', () => {
  it('works on the folder that was given, however it is written, and on no other', () => {
    const dir = '/srv/nara'

    expect(inFolder('nara-stash status', dir)).toBe('nara-stash status --dir /srv/nara')
    expect(inFolder('what was seen: nara-stash recover, or nara-stash get --set-aside 1', dir))
      .toBe('what was seen: nara-stash recover --dir /srv/nara, or nara-stash get --dir /srv/nara --set-aside 1')
    expect(inFolder('nara-stash id words tells', dir)).toBe('nara-stash id words --dir /srv/nara tells')
    expect(inFolder('nara-stash confidants add X; nara-stash confidants', dir)).toBe('nara-stash confidants add --dir /srv/nara X; nara-stash confidants --dir /srv/nara')
    expect(inFolder('nara-stash status', "/srv/it's here")).toBe("nara-stash status --dir '/srv/it'\\''s here'")
    expect(inFolder('nara-stash status', undefined)).toBe('nara-stash status')

    for (const same of ['nara-stash: error', 'nara-stash psk new', 'nara-stash version', 'nara-stash status --dir /x', 'usage: nara-stash put [options] [file]; more: nara-stash put --help', 'nara-stash statuses']) {
      expect(inFolder(same, dir)).toBe(same)
    }
  })

  it('takes the folder', async () => {
    const commands = (await command(['--help'])).stdout.toString().matchAll(/^ {2}([a-z]+) /gm)

    for (const [, name = ''] of commands) {
      const verbs = [...(await command([name, '--help'])).stdout.toString().matchAll(/^ {2}(\w+) (?=.*\[options\])/gm)].map(([, verb = '']) => verb)

      for (const words of verbs.length === 0 ? [name] : verbs.map(verb => `${name} ${verb}`)) {
        const takesFolder = (await command([...words.split(' '), '--help'])).stdout.toString().includes('--dir <folder>')

        // what is brought in goes elsewhere, most likely
        expect([words, inFolder(`nara-stash ${words}`, '/x').endsWith('--dir /x')]).toEqual([words, takesFolder && words !== 'id import'])
      }
    }
  })
})

describe('what a command says', () => {
  it('names the folder as it was given: by the flag, or by the variable', async () => {
    const { dir } = await runningDaemon()
    const given = [await command(['status', '--dir', 'nara'], { cwd: join(dir, '..') }), await command(['status', '--dir=none'], { cwd: dir }), await command(['status'], { env: { NARA_DIR: join(dir, 'none') } })]

    expect(given[0]?.stderr).toBe(`nara-stash: no daemon runs in ${join(dir, '..', 'nara')}\n  start one: nara-stash start --dir nara\n`)
    expect(given[1]?.stderr).toMatch(/start one: nara-stash start --dir none\n$/)
    expect(given[2]?.stderr).toContain(`start one: nara-stash start --dir ${join(dir, 'none')}\n`)
    expect((await command(['status'], { env: { XDG_STATE_HOME: dir } })).stderr).toMatch(/start one: nara-stash start\n$/)
    expect((await command(['status'], { env: { NARA_DIR: '', XDG_STATE_HOME: dir } })).stderr).toMatch(/start one: nara-stash start\n$/)
  })

  it('names it in texts, in errors of the daemon, and in JSON, which stays JSON', async () => {
    const dir = join(await tempDir(), 'a "b"')
    const { nara } = await runningDaemon({ dir })
    const there = `--dir '${dir}'`

    expect((await command(['status', '--dir', dir])).stdout.toString()).toContain(`why it failed: nara-stash peers ${there}\n`)
    nara.fake.state = 'searching'
    expect((await command(['get', '--dir', dir])).stderr).toContain(`wait for it: nara-stash status ${there} --wait settled\n`)
    expect((await command(['get', '--dir', dir, '--json'])).json()).toMatchObject({ error: { hint: `wait for it: nara-stash status ${there} --wait settled` } })
    nara.fake.inDoubt({ reason: 'LOST', records: [] })
    expect((await command(['recover', '--dir', dir])).stdout.toString()).toContain(`  nara-stash recover ${there} --fresh  begin with nothing\n`)
  })

  it('hands on bytes as they are', async () => {
    const { dir } = await runningDaemon()
    const data = 'run nara-stash status'

    await command(['put', '--dir', dir], { stdin: data })
    expect((await command(['get', '--dir', dir])).stdout.toString()).toBe(data)
  })

  it('names it in the log of a daemon', async () => {
    const dir = await tempDir()
    const io = fakeIo()
    const done = run(['start', '--dir', dir, '--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0'], io)

    expect(await io.line(/id words/)).toContain(`nara-stash id words --dir ${dir} tells`)
    io.signal('SIGTERM')
    expect(await done).toBe(0)
  })
})
