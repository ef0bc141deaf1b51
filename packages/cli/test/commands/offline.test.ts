import { createSoul, formatSoul, naraId, peerIdString, publicKeyOf, soulToWords } from '@nara-stash/crypto'
import { mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../../src/cli/program.ts'
import { formatNetworkKey, readNetworkKey } from '../../src/daemon/network-key.ts'
import { soulIn, writeModed } from '../support/files.ts'
import { ended, fakeIo, onTerminal } from '../support/fake-io.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { FakeIo, FakeIoInit } from '../support/fake-io.ts'

async function command (args: string[], init?: FakeIoInit): Promise<FakeIo & { code: number }> {
  const io = fakeIo(init)

  return Object.assign(io, { code: await run(args, io) })
}

const commands = ['start', 'put', 'get', 'status', 'peers', 'confidants', 'recover', 'forget', 'verify', 'drill', 'leave', 'invite', 'join', 'id', 'psk', 'demo', 'version']

describe('help', () => {
  it('lists every command', async () => {
    const { code, stdout, stderr } = await command(['--help'])

    expect(code).toBe(0)
    expect(stderr).toBe('')
    commands.forEach(name => { expect(stdout.toString()).toMatch(new RegExp(`^  ${name} `, 'm')) })
  })

  it.each(commands.filter(name => !['id', 'psk'].includes(name)))('of %s has examples and exit codes', async name => {
    const { code, stdout } = await command([name, '--help'])

    expect(code).toBe(0)
    expect(stdout.toString()).toMatch(/Usage: nara-stash .*Examples:\n {2}\$ nara-stash .*Exit codes:\n {2}0 +(?:done|stopped)/s)
    expect((await command(['help', name])).stdout.toString()).toBe(stdout.toString())
  })

  it.each([['id', 'new'], ['id', 'show'], ['id', 'words'], ['id', 'import'], ['psk', 'new'], ['confidants', 'set'], ['confidants', 'auto']])('of %s %s has them, too', async (...args) => {
    expect((await command([...args, '--help'])).stdout.toString()).toMatch(/Examples:.*Exit codes:/s)
  })
})

describe('a wrong command line', () => {
  it.each([
    [[], /which command\?\n {2}usage: nara-stash \[options\] \[command\]/],
    [['help', 'bogus'], /unknown command 'bogus'\n {2}usage: nara-stash \[options\]/],
    [['sttus'], /unknown command 'sttus' \(Did you mean status\?\)/],
    [['put', '--tmeout', '3s'], /unknown option '--tmeout' \(Did you mean --timeout\?\)\n {2}usage: nara-stash put \[options\] \[file\]; more: nara-stash put --help/],
    [['put', 'a', 'b'], /too many arguments for 'put'/],
    [['put', '--timeout', '3'], /--timeout is "3"; allowed: a time with its unit/],
    [['put', '--timeout'], /argument missing/],
    [['status', '--wait', 'perfect'], /--wait is "perfect"; allowed: searching, .* or copies=N/],
    [['status', '--wait', 'copies=many'], /--wait is/],
    [['get', '--dir', ''], /--dir is empty/],
    [['confidants', 'set'], /missing required argument 'peer'/],
    [['confidants', 'swap'], /unknown command 'swap'|too many arguments/],
    [['id'], /which command/],
    [['start', '--target', '0'], /--target is "0"; allowed: a whole number from 1 to 16/],
    [['start', '--listen', 'here'], /--listen is \["here"\]/],
    [['start', '--bootstrap', '/ip4/127.0.0.1/tcp/1'], /does not end in \/p2p\//],
    [['start', '--memory', 'a\u001b[2Jb'], /"a\\u\{1b\}\[2Jb"/],
    [['start', '--exit-with-parent', '--soul-file', '-'], /standard input/]
  ])('%j ends with 2 and says why', async (args, message) => {
    const dir = await tempDir()
    const { code, stdout, stderr } = await command(args, { env: { NARA_DIR: join(dir, 'nara') } })

    expect(stderr).toMatch(message)
    expect(code).toBe(2)
    expect(stdout).toHaveLength(0)
    expect(await readdir(dir)).toEqual([])
  })

  it('is told as JSON, if asked for', async () => {
    const { code, json, stderr } = await command(['start', '--target', '0', '--json', '--dir', await tempDir()])

    expect(code).toBe(2)
    expect(stderr).toBe('')
    expect(json()).toEqual({ error: { name: 'InvalidSettingError', message: expect.stringMatching(/--target is "0"/) as string } })
  })

  it('never repeats what may be a secret', async () => {
    const soul = createSoul()
    const text = formatSoul(soul)
    const words = soulToWords(soul)

    for (const args of [
      ['start', `--soul=${text}`], ['start', text], ['start', '--soul-file', text], ['id', 'import', ...words.split(' ')], ['id', 'import', text],
      ['id', 'show', text], ['id', 'import', words], [`--soul=${text}`], [text], ['id', text]
    ]) {
      const io = await command(args, { env: { NARA_DIR: await tempDir() } })

      expect([args, io.code]).toEqual([args, 2])
      expect([args, io.stderr.includes(text), io.stderr.includes(words.slice(0, 20))]).toEqual([args, false, false])
    }
  })
})

describe('start', () => {
  it('refuses a soul that others can read, words with a typo, another name, and a wrong key file', async () => {
    const dir = await tempDir()
    const start = async (args: string[], init?: FakeIoInit): Promise<FakeIo & { code: number }> =>
      await command(['start', '--dir', join(dir, 'nara'), '--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', ...args], init)
    const loose = await soulIn(dir, { mode: 0o644 })
    const named = await writeModed(join(dir, 'named'), formatSoul(createSoul({ name: 'kiosk' })), 0o600)
    const wrongKey = await writeModed(join(dir, 'psk'), '/key/swarm/psk/1.0.0/\n/base16/\n0123', 0o600)
    const typo = soulToWords(createSoul()).replace(/^\w+/, 'zooo')

    expect(await start(['--soul-file', loose.path])).toMatchObject(ended(2, `chmod 600 ${loose.path}`))
    expect(await start(['--soul-file', join(dir, 'none')])).toMatchObject(ended(2, /does not exist/))
    expect(await start(['--soul-file', '-'], { stdin: typo })).toMatchObject(ended(2, /word 1, "zooo"/))
    expect(await start(['--soul-file', named, '--name', 'shop'])).toMatchObject(ended(2, /not bonded to the name "shop"/))
    expect(await start(['--psk-file', wrongKey])).toMatchObject(ended(2, /is no private-network key/))
    expect(await start(['--psk-file', join(dir, 'none')])).toMatchObject(ended(2, /does not exist/))
    expect(await start([], { env: { NARA_SOUL: 'bogus' } })).toMatchObject(ended(2, /^nara-stash: NARA_SOUL: /))
    expect(await start(['--psk-file', await writeModed(join(dir, 'loose psk'), formatNetworkKey(new Uint8Array(32)), 0o644)]))
      .toMatchObject(ended(2, `others can read the private-network key in ${dir}/loose psk: its mode is 0644\n  chmod 600 ${dir}/loose psk\n`))
    expect((await start(['--json', '--psk-file', wrongKey])).stdout.toString()).toMatch(/^\{"error":\{"name":"InvalidNetworkKeyError".*\}\n$/)
  })

  // where Node's own way to make folders would try for ever
  it.runIf(process.platform === 'linux')('refuses a folder, also for the datastore, that cannot be made', async () => {
    expect(await command(['start', '--dir', '/proc/nara'])).toMatchObject(ended(1, 'cannot make the folder /proc/nara: none can be made there'))
    expect(await command(['start', '--dir', await tempDir(), '--held', '/proc/nara/held', '--no-mdns']))
      .toMatchObject(ended(1, 'cannot make the folder /proc/nara: none can be made there'))
  })

  it('does not drop what DIR/held keeps for others because that is to be elsewhere', async () => {
    const dir = await tempDir()
    const kept = join(dir, 'held', `${peerIdString(publicKeyOf(createSoul()))}.1.stash`)
    const start = async (...args: string[]): Promise<FakeIo & { code: number }> => await command(['start', '--dir', dir, '--no-mdns', ...args])
    await mkdir(join(dir, 'held'))
    await writeModed(kept, '', 0o600)

    expect(await start('--held', 'memory')).toMatchObject(ended(2, `${dir}/held keeps what is promised to others, and --held memory would drop it\n` +
      `  start without --held, and have "nara-stash leave --dir ${dir}" hand it on; or give it up: rm -r ${dir}/held\n`))
    expect(await start('--held', join(dir, 'other'))).toMatchObject(ended(2, `  start without --held; or move it, to where nothing is yet: mv ${dir}/held ${dir}/other; or`))
    expect(await readdir(dir)).not.toContain('other')
    // the same by another name; the foreign folder ends the start later
    await symlink(join(dir, 'held'), join(dir, 'link'))
    expect(await start('--held', join(dir, 'link'))).toMatchObject(ended(1, /it has files in it that are no held stashes/))
  })

  it('refuses a folder that is none', async () => {
    const file = await writeModed(join(await tempDir(), 'file'), '', 0o600)

    expect(await command(['start', '--dir', file])).toMatchObject(ended(1, /not a folder/))
  })
})

describe('without a daemon', () => {
  it.each([
    ['put'], ['get'], ['status'], ['peers'], ['confidants'], ['confidants', 'add', peerIdString(publicKeyOf(createSoul()))], ['confidants', 'auto'], ['recover'], ['recover', '--fresh'], ['forget', '--yes'],
    ['verify'], ['drill'], ['leave'], ['invite']
  ])('%s %s ends with 5', async (...args) => {
    const dir = join(await tempDir(), 'none')
    const io = await command([...args.filter(arg => arg != null), '--dir', dir])

    expect(io.code).toBe(5)
    expect(io.stderr).toBe(`nara-stash: no daemon runs in ${dir}\n  start one: nara-stash start --dir ${dir}\n`)
  })

  it('status --wait looks for one until the time is over', async () => {
    expect((await command(['status', '--wait', 'settled', '--timeout', '120ms', '--dir', await tempDir()])).code).toBe(5)
  })
})

describe('version', () => {
  it.each([['version'], ['--version'], ['-V']])('%s', async arg => {
    expect((await command([arg])).stdout.toString()).toMatch(/^nara-stash \d+\.\d+\.\d+ \(Node v\d+/)
    expect((await command([arg, '--json'])).json()).toMatchObject({ version: expect.stringMatching(/^\d/) as string, node: process.version })
  })
})

describe('psk new', () => {
  it('makes a key that a start takes, another each time', async () => {
    const dir = await tempDir()
    const printed = await command(['psk', 'new'])
    const { key } = (await command(['psk', 'new', '--json'])).json() as { key: string }
    const path = await writeModed(join(dir, 'psk'), printed.stdout.toString(), 0o600)

    expect(printed.code).toBe(0)
    expect(new TextDecoder().decode(await readNetworkKey(path))).toBe(printed.stdout.toString())
    expect(key).toMatch(/^\/key\/swarm\/psk\/1\.0\.0\/\n\/base16\/\n[0-9a-f]{64}\n$/)
    expect(key).not.toBe(printed.stdout.toString())
  })

  it('writes a private file, once, and does not print the key', async () => {
    const dir = await tempDir()
    const path = join(dir, 'network.key')
    const first = await command(['psk', 'new', '-o', 'network.key'], { cwd: dir })
    const text = await readFile(path, 'utf8')

    expect(first.code).toBe(0)
    expect(first.stdout.toString()).toBe(`the private-network key is in ${path}\nnext: nara-stash start --psk-file ${path}\n`)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await command(['psk', 'new', '-o', path])).toMatchObject(ended(1, /exists already, and a key in it would be lost/))
    expect(await readFile(path, 'utf8')).toBe(text)
    expect(await readdir(dir)).toEqual(['network.key'])
    expect((await command(['psk', 'new', '--json', '-o', join(dir, 'b')])).json()).toEqual({ file: join(dir, 'b') })
    expect((await command(['psk'])).code).toBe(2)
  })
})

describe('id', () => {
  it('new gives what show tells, and words that lead back', async () => {
    const made = await command(['id', 'new', '--name', 'kiosk', '--json'])
    const { soul, words, ...shown } = made.json() as Record<string, string>
    const fromSoul = await command(['id', 'show', '--soul-file', '-', '--name', 'kiosk', '--json'], { stdin: soul })
    const fromWords = await command(['id', 'show', '--json', '--name', 'kiosk'], { env: { NARA_SOUL: words ?? '' } })

    expect(made.code).toBe(0)
    expect(Object.keys(shown)).toEqual(['name', 'naraId', 'peerId', 'publicKey'])
    expect(fromSoul.json()).toEqual(shown)
    expect(fromWords.json()).toEqual(shown)
    expect((await command(['id', 'words', '--soul-file', '-', '--name', 'kiosk'], { stdin: soul })).stdout.toString()).toBe(`${words}\n`)
  })

  it('words tells to note the name, too, if they do not tell it, and import takes it', async () => {
    const dir = await tempDir()
    const named = await command(['id', 'new', '--name', 'bob', '--json'])
    const { soul, words, ...shown } = named.json() as Record<string, string>
    const printed = await command(['id', 'words', '--soul-file', '-', '--name', 'bob'], { stdin: soul })
    const plain = await command(['id', 'words', '--soul-file', '-'], { stdin: formatSoul(createSoul()) })

    expect(printed.stdout.toString()).toBe(`${words}\n`)
    expect(printed.stderr).toBe('nara-stash: the name "bob" belongs to the identity, and the words do not tell it: note it, too (nara-stash id import --name bob)\n')
    expect(plain.stderr).toBe('')
    expect((await command(['id', 'new', '--name', 'bob'])).stdout.toString()).toContain('and note the name "bob"')
    // what the line says works, and the folder knows the name from then on
    expect((await command(['id', 'import', '--name', 'bob', '--dir', dir, '--json'], { stdin: words })).json()).toMatchObject(shown)
    expect((await command(['id', 'show', '--dir', dir, '--json'])).json()).toEqual(shown)
  })

  it('show tells what the soul is to others', async () => {
    const { soul, path } = await soulIn(await tempDir())

    expect((await command(['id', 'show', '--json', '--soul-file', path])).json()).toEqual({
      name: soul.name, naraId: naraId(soul), peerId: peerIdString(publicKeyOf(soul)), publicKey: Buffer.from(publicKeyOf(soul)).toString('hex')
    })
  })

  it('new --out writes a private file, once', async () => {
    const path = join(await tempDir(), 'a.soul')
    const first = await command(['id', 'new', '--out', path])
    const text = await readFile(path, 'utf8')
    const second = await command(['id', 'new', '--out', path])

    expect(first.code).toBe(0)
    expect(first.stdout.toString()).not.toContain(text.trim())
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(/exists already/)
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('import brings words into the folder, and tells a typo', async () => {
    const dir = join(await tempDir(), 'nara')
    const soul = createSoul()
    const words = soulToWords(soul)
    const wrong = await command(['id', 'import', '--dir', dir], { stdin: words.replace(/^\w+/, 'zooo') })
    const right = await command(['id', 'import', '--dir', dir, '--json'], { stdin: words })
    const again = await command(['id', 'import', '--dir', dir], { stdin: words })
    const other = await command(['id', 'import', '--dir', dir], { stdin: soulToWords(createSoul()) })

    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toMatch(/word 1, "zooo".*did you mean zoo\?/)
    expect(right.json()).toMatchObject({ peerId: peerIdString(publicKeyOf(soul)), file: join(dir, 'soul') })
    expect(again.code).toBe(0)
    expect(other.code).toBe(1)
    expect(other.stderr).toMatch(/exists already/)
    expect((await command(['id', 'words', '--dir', dir])).stdout.toString()).toBe(`${words}\n`)
  })

  it('import says on a terminal what it waits for, and refuses an empty input', async () => {
    const dir = join(await tempDir(), 'nara')
    const typed = await command(['id', 'import', '--dir', dir], { stdin: onTerminal(soulToWords(createSoul())) })

    expect(typed).toMatchObject({ code: 0, stderr: 'nara-stash: reads the soul, or its words, from the terminal; end with Ctrl-D on a line of its own\n' })

    const before = await readFile(join(dir, 'soul'), 'utf8')

    expect(await command(['id', 'import', '--dir', dir])).toMatchObject(ended(1, 'no soul: standard input is empty'))
    expect(await readFile(join(dir, 'soul'), 'utf8')).toBe(before)
  })

  it('refuses a soul that others can read, one of another name, and none', async () => {
    const dir = await tempDir()
    const loose = await soulIn(dir, { mode: 0o644 })
    const named = await writeModed(join(dir, 'named'), formatSoul(createSoul({ name: 'kiosk' })), 0o600)
    const show = async (...args: string[]): Promise<FakeIo & { code: number }> => await command(['id', 'show', '--dir', join(dir, 'none'), ...args])

    expect(await show('--soul-file', loose.path)).toMatchObject(ended(2, `chmod 600 ${loose.path}`))
    expect(await show('--soul-file', named)).toMatchObject(ended(2, /bonded to a name.*--name NAME/s))
    expect(await show('--soul-file', named, '--name', 'shop')).toMatchObject(ended(2, /not bonded to the name "shop"/))
    expect(await show()).toMatchObject(ended(1, /no soul was given/))
    expect(await show('--soul-file', named, '--name', 'kiosk')).toMatchObject({ code: 0 })
    expect((await command(['id', 'new', '--name', 'a\u0007'])).code).toBe(2)
  })

  it('is not made with a name that nobody could type again', async () => {
    const dir = join(await tempDir(), 'nara')

    expect(await command(['id', 'new', '--name', '   '])).toMatchObject(ended(2, 'the name cannot be one: a name must show something; this one is only spaces\n  choose another one: --name NAME'))
    // what Node makes of an argument that is no UTF-8
    expect(await command(['id', 'new', '--name', 'caf\ufffd'])).toMatchObject(ended(2, 'the name cannot be one: a name must be UTF-8'))
    expect(await command(['start', '--name', ' ', '--dir', dir, '--no-mdns'])).toMatchObject(ended(2, 'the name cannot be one'))
    await expect(stat(join(dir, 'soul'))).rejects.toThrow('ENOENT')
  })
})
