import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../../src/cli/program.ts'
import { loadConfig } from '../../src/config/load.ts'
import { formatNetworkKey } from '../../src/daemon/network-key.ts'
import { formatInvitation, parseInvitation } from '../../src/invite/invitation.ts'
import { writeModed } from '../support/files.ts'
import { ended, fakeIo, onTerminal } from '../support/fake-io.ts'
import { runningDaemon } from '../support/running-daemon.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { Config } from '../../src/config/load.ts'
import type { FakeIo, FakeIoInit } from '../support/fake-io.ts'

const key = randomBytes(32)
const address = '/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWLJhxWmM9YvVP8SfwX6TqPR2QnqCyyyVabLMkTXp8V4wB'
const invitation = formatInvitation({ network: 'kiosks', key, addresses: [address] })

async function command (args: string[], init?: FakeIoInit): Promise<FakeIo & { code: number }> {
  const io = fakeIo(init)

  return Object.assign(io, { code: await run(args, io) })
}

async function settingsOf (dir: string): Promise<Config> {
  return await loadConfig({ dir, flags: {}, io: { env: {}, cwd: '/' } })
}

async function mode (path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

describe('invite', () => {
  it('tells where the daemon is, its network and its key', async () => {
    const dir = await tempDir()
    const pskFile = await writeModed(join(dir, 'psk'), formatNetworkKey(key), 0o600)
    const { nara } = await runningDaemon({ dir, flags: { pskFile, network: 'kiosks', listen: ['/ip4/0.0.0.0/tcp/0'] } })
    const { code, stdout, stderr } = await command(['invite', '--dir', dir, '--address', '/dns4/nara.example.org/tcp/4001'])

    expect(code).toBe(0)
    expect(parseInvitation(stdout.toString())).toEqual({ network: 'kiosks', key: Uint8Array.from(key), addresses: [`/dns4/nara.example.org/tcp/4001/p2p/${nara.peerId}`] })
    expect(stdout.toString().split('\n')).toHaveLength(2)
    expect(stderr).toMatch(/it holds the private-network key: who has it can join/)
    expect(stderr).toMatch(/another port at each start/)
  })

  it('gives JSON, in which the key stands in the invitation only', async () => {
    const dir = await tempDir()
    const pskFile = await writeModed(join(dir, 'psk'), formatNetworkKey(key), 0o600)
    const { nara } = await runningDaemon({ dir, flags: { pskFile } })
    const { stdout, stderr, json } = await command(['invite', '--dir', dir, '--json'])
    const { invitation, ...open } = json() as { invitation: string }

    expect(open).toEqual({ network: 'nara', addresses: nara.addresses, hasKey: true })
    expect(parseInvitation(invitation).key).toEqual(Uint8Array.from(key))
    expect(stdout.toString() + stderr).not.toContain(key.toString('hex'))
    expect(stderr).toMatch(/from this machine only/)
    expect(stderr).not.toMatch(/another port/)
  })

  it('goes to a private file, and to a terminal with a QR code', async () => {
    const { dir } = await runningDaemon()
    const io = fakeIo()

    Object.assign(io.out.stream, { isTTY: true })
    expect(await run(['invite', '--dir', dir], io)).toBe(0)
    // eslint-disable-next-line no-control-regex
    expect(io.stdout.toString()).toMatch(/^nara-invite:\w+\n\u001b\[30;107m {40,}/)
    expect(io.stderr).toMatch(/it holds no key/)
    expect(await command(['invite', '--dir', dir, '-o', join(dir, 'a.invite')])).toMatchObject({ code: 0 })
    expect(await mode(join(dir, 'a.invite'))).toBe(0o600)
    expect(parseInvitation(await readFile(join(dir, 'a.invite'), 'utf8')).network).toBe('nara')
    expect(await command(['invite', '--dir', dir, '--address', 'here'])).toMatchObject({ code: 2 })
    expect(await command(['invite', '--dir', dir, '--address', address])).toMatchObject(ended(2, /is another peer's; this daemon is 12D3KooW/))
  })
})

describe('join', () => {
  it('makes an invitation the settings of a folder, and says what to run', async () => {
    const dir = join(await tempDir(), 'new')
    const { code, stdout, stderr } = await command(['join', '--dir', dir], { stdin: invitation })

    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout.toString()).toBe(`joined the network kiosks: 1 address, its key is in ${dir}/network.key\nnext: nara-stash start --dir ${dir}\n`)
    expect(await settingsOf(dir)).toMatchObject({ network: 'kiosks', bootstrap: [address], pskFile: join(dir, 'network.key') })
    expect(await readFile(join(dir, 'network.key'), 'utf8')).toBe(formatNetworkKey(key))
    expect([await mode(dir), await mode(join(dir, 'network.key')), await mode(join(dir, 'config.json'))]).toEqual([0o700, 0o600, 0o600])
    // the folder may be moved
    expect(JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'))).toMatchObject({ pskFile: 'network.key' })
  })

  it('keeps the other settings, and can be repeated', async () => {
    const dir = await tempDir()
    const file = await writeModed(join(dir, 'friend.invite'), invitation, 0o644)

    await writeFile(join(dir, 'config.json'), JSON.stringify({ target: 4, bootstrap: [address.replace('4001', '4002')] }))
    expect(await command(['join', file, '--dir', dir])).toMatchObject({ code: 0 })
    expect((await command(['join', file, '--dir', dir, '--json'])).json()).toEqual({
      network: 'kiosks', bootstrap: [address, address.replace('4001', '4002')], config: join(dir, 'config.json'), pskFile: join(dir, 'network.key'), restart: false
    })
    expect(await settingsOf(dir)).toMatchObject({ target: 4, network: 'kiosks' })
  })

  it('does not lose another key, or leave another network, unless forced', async () => {
    const dir = await tempDir()
    const other = randomBytes(32)
    const [anotherKey, noKey, anotherNetwork] = [
      formatInvitation({ network: 'kiosks', key: other, addresses: [address] }),
      formatInvitation({ network: 'kiosks', addresses: [address] }),
      formatInvitation({ network: 'shops', key, addresses: [address] })
    ]

    await command(['join', '--dir', dir], { stdin: invitation })

    const before = await readFile(join(dir, 'config.json'), 'utf8')

    expect(await command(['join', '--dir', dir], { stdin: anotherKey })).toMatchObject(ended(1, /another private-network key than the invitation's: .*network\.key\n.*--force/))
    expect(await command(['join', '--dir', dir], { stdin: noKey })).toMatchObject(ended(1, /the invitation has none/))
    expect(await command(['join', '--dir', dir], { stdin: anotherNetwork })).toMatchObject(ended(1, /its network is "kiosks", the invitation's is "shops"/))
    expect(await readFile(join(dir, 'config.json'), 'utf8')).toBe(before)
    expect(await readFile(join(dir, 'network.key'), 'utf8')).toBe(formatNetworkKey(key))
    expect(await command(['join', '--dir', dir, '--force'], { stdin: anotherKey })).toMatchObject({ code: 0 })
    expect(await readFile(join(dir, 'network.key'), 'utf8')).toBe(formatNetworkKey(other))
    expect(await command(['join', '--dir', dir, '--force'], { stdin: noKey })).toMatchObject({ code: 0 })
    expect((await settingsOf(dir)).pskFile).toBeUndefined()
  })

  it('leaves a key where it is, if it is the same', async () => {
    const dir = await tempDir()
    const pskFile = await writeModed(join(await tempDir(), 'shared.key'), formatNetworkKey(key), 0o600)

    await writeFile(join(dir, 'config.json'), JSON.stringify({ pskFile }))
    expect(await command(['join', '--dir', dir], { stdin: invitation })).toMatchObject({ code: 0 })
    expect((await settingsOf(dir)).pskFile).toBe(pskFile)
    expect(await readdir(dir)).toEqual(['config.json'])
  })

  it('tells to restart a daemon that runs, and which variables win', async () => {
    const { dir } = await runningDaemon()
    const { code, stdout, stderr } = await command(['join', '--dir', dir], { stdin: invitation, env: { NARA_NETWORK: 'lab' } })

    expect(code).toBe(0)
    expect(stdout.toString()).toMatch(/runs with its old settings: restart it\n$/)
    expect(stderr).toBe('nara-stash: NARA_NETWORK is set and will win over what was joined\n')
  })

  it('says on a terminal what it waits for', async () => {
    expect(await command(['join', '--dir', await tempDir()], { stdin: onTerminal(invitation) }))
      .toMatchObject({ code: 0, stderr: 'nara-stash: reads the invitation from the terminal; end with Ctrl-D on a line of its own\n' })
  })

  it('takes no invitation as an argument, and shows none', async () => {
    for (const args of [[invitation], [invitation.toUpperCase()], ['-', invitation], [invitation.slice(0, 40), invitation.slice(40)]]) {
      const io = await command(['join', ...args, '--dir', await tempDir()])

      expect(io).toMatchObject(ended(2, /never given as an argument/))
      expect(io.stderr).not.toContain(invitation.slice(20, 60))
    }
  })

  it.each([
    ['', 1, /the text is empty/], ['soul', 1, /this is no invitation/], [invitation.slice(0, -5), 1, /cut off/], [invitation.replace(/.$/, last => last === '7' ? '6' : '7'), 1, /typo/],
    ['x'.repeat(20_000), 1, /larger than 16384 bytes/]
  ])('refuses %.30j and writes nothing', async (stdin, code, message) => {
    const dir = join(await tempDir(), 'none')

    expect(await command(['join', '--dir', dir], { stdin })).toMatchObject(ended(code, message))
    await expect(stat(dir)).rejects.toThrow('ENOENT')
  })

  it('refuses to write beside settings that cannot be read', async () => {
    const dir = await tempDir()

    await writeFile(join(dir, 'config.json'), '{ "target": 99 }')
    expect(await command(['join', '--dir', dir], { stdin: invitation })).toMatchObject(ended(2, /"target" in .* is 99/))
    expect(await readdir(dir)).toEqual(['config.json'])
  })
})
