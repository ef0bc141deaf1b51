import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadConfig, unknownVariables } from '../../src/config/load.ts'
import { settings } from '../../src/config/settings.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { Config } from '../../src/config/load.ts'
import type { SettingKey } from '../../src/config/settings.ts'

const PEER = '12D3KooWLJhxWmM9YvVP8SfwX6TqPR2QnqCyyyVabLMkTXp8V4wB'

interface Given {
  flags?: Partial<Record<SettingKey, unknown>>
  env?: Record<string, string>
  file?: unknown
}

async function load ({ flags = {}, env = {}, file }: Given): Promise<Config> {
  const dir = await tempDir()

  if (file !== undefined) {
    await writeFile(join(dir, 'config.json'), typeof file === 'string' ? file : JSON.stringify(file))
  }

  return await loadConfig({ dir, flags, io: { env, cwd: '/elsewhere' } })
}

async function refusal (given: Given): Promise<string> {
  return await load(given).then(() => 'accepted', (error: Error & { exitCode: number }) => {
    expect(error.name).toBe('InvalidSettingError')
    expect(error.exitCode).toBe(2)

    return error.message
  })
}

describe('precedence', () => {
  it('is defaults < file < environment < flags', async () => {
    expect((await load({})).target).toBe(3)
    expect((await load({ file: { target: 4 } })).target).toBe(4)
    expect((await load({ file: { target: 4 }, env: { NARA_TARGET: '5' } })).target).toBe(5)
    expect((await load({ file: { target: 4 }, env: { NARA_TARGET: '5' }, flags: { target: '6' } })).target).toBe(6)
  })

  it('replaces a list as a whole', async () => {
    const { listen } = await load({ file: { listen: ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2'] }, flags: { listen: ['/ip4/127.0.0.1/tcp/3'] } })

    expect(listen).toEqual(['/ip4/127.0.0.1/tcp/3'])
  })

  it('takes an empty variable as not set', async () => {
    expect((await load({ env: { NARA_TARGET: '', NARA_NETWORK: '' } })).target).toBe(3)
  })

  it('checks a value where it came from, even one that is a flag in the file', async () => {
    expect((await load({ env: { NARA_MDNS: 'no' } })).mdns).toBe(false)
    expect((await load({ file: { mdns: false } })).mdns).toBe(false)
    expect((await load({ file: { mdns: false }, env: { NARA_MDNS: '1' } })).mdns).toBe(true)
  })

  it('reads a list from the environment with commas or spaces', async () => {
    expect((await load({ env: { NARA_LISTEN: '/ip4/127.0.0.1/tcp/1, /ip4/127.0.0.1/tcp/2' } })).listen).toHaveLength(2)
  })

  it('takes a path in the file from the file, and any other from the working folder', async () => {
    const dir = await tempDir()

    await writeFile(join(dir, 'config.json'), JSON.stringify({ pskFile: 'key' }))

    const { pskFile, soulFile } = await loadConfig({ dir, flags: { soulFile: 'a.soul' }, io: { env: {}, cwd: '/elsewhere' } })

    expect(pskFile).toBe(join(dir, 'key'))
    expect(soulFile).toBe('/elsewhere/a.soul')
  })

  it('looks at a path where it leads, not from where the process runs', async () => {
    const dir = await tempDir()
    // a file in the folder of this process that is none in the other
    const [name] = (await readdir('.', { withFileTypes: true })).filter(entry => entry.isFile()).map(({ name }) => name) as [string]
    await writeFile(join(dir, 'file'), '')

    expect((await loadConfig({ dir, flags: { held: name }, io: { env: {}, cwd: dir } })).held).toBe(join(dir, name))
    await expect(loadConfig({ dir, flags: { held: 'file' }, io: { env: {}, cwd: dir } }))
      .rejects.toThrow(/^--held is "file" \(there is something else of this name\)/)
    await writeFile(join(dir, 'config.json'), JSON.stringify({ held: 'file' }))
    await expect(loadConfig({ dir, flags: {}, io: { env: {}, cwd: '/' } })).rejects.toThrow(/there is something else of this name/)
  })
})

describe('a value that is not allowed', () => {
  const cases: Array<[string, Given, RegExp]> = [
    ['target 0', { flags: { target: '0' } }, /^--target is "0"; allowed: a whole number from 1 to 16$/],
    ['target 17', { env: { NARA_TARGET: '17' } }, /^NARA_TARGET is "17"/],
    ['target 2.5 in the file', { file: { target: 2.5 } }, /^"target" in .*config\.json is 2\.5; allowed: a whole number/],
    ['min copies above the target', { flags: { target: '2', minCopies: '3' } }, /--min-copies is 3, but the target is 2/],
    ['a bad multiaddr', { flags: { listen: ['/ip4/300.1.1.1/tcp/1'] } }, /--listen is .*Invalid IPv4 address/],
    ['a multiaddr that is none', { flags: { listen: ['localhost:4001'] } }, /--listen is \["localhost:4001"\]/],
    ['a listen address without a port', { flags: { listen: ['/ip4/127.0.0.1'] } }, /no \/tcp\/ part/],
    ['a bootstrap address without /p2p/', { flags: { bootstrap: ['/ip4/127.0.0.1/tcp/1'] } }, /--bootstrap is .*does not end in \/p2p\//],
    ['a bootstrap address with a broken peer id', { env: { NARA_BOOTSTRAP: '/ip4/127.0.0.1/tcp/1/p2p/12D3KooWB1' } }, /NARA_BOOTSTRAP is .*peer id is not valid/],
    ['a bootstrap address without a place', { flags: { bootstrap: [`/p2p/${PEER}`] } }, /not where it is/],
    ['a peer that is none', { flags: { deny: ['kiosk'] } }, /--deny is \["kiosk"\].*allowed: peer ids/],
    ['a memory mode', { flags: { memory: 'huge' } }, /--memory is "huge"; allowed: low, medium or high/],
    ['a size without sense', { flags: { maxStash: '1 elephant' } }, /--max-stash is "1 elephant"; allowed: a size/],
    ['a size of 0', { flags: { maxStash: '0' } }, /--max-stash is "0"/],
    ['a size above 64 MiB', { flags: { maxStash: '65MiB' } }, /--max-stash is "65MiB"; allowed: a size from 1 byte to 64MiB/],
    ['a time without a unit', { flags: { repairDelay: '60' } }, /--repair-delay is "60"; allowed: a time with its unit/],
    ['a number as a time', { file: { repairDelay: 60 } }, /"repairDelay" in .* is 60/],
    ['a network with a dot', { flags: { network: 'a.b' } }, /--network is "a\.b"/],
    ['a name with a control code', { flags: { name: 'a\u0007b' } }, /--name is "a\\u\{7\}b" \(.*U\+0007/],
    ['a name that is too long', { flags: { name: 'ä'.repeat(33) } }, /1 to 64 bytes/],
    ['a confidant that is denied', { flags: { confidants: [PEER], deny: [PEER] } }, /--confidant names .*--deny rules out/],
    ['listed surrogates without a list', { flags: { surrogates: 'listed' } }, /--surrogates is listed, and --allow lists 0 peers; allowed: 1 to 64/],
    ['surrogates that are none of these', { env: { NARA_SURROGATES: 'friends' } }, /NARA_SURROGATES is "friends"; allowed: any, listed or none/],
    ['a leave timeout without a unit', { flags: { leaveTimeout: '0' } }, /--leave-timeout is "0"; allowed: a time with its unit/],
    ['a switch', { env: { NARA_MDNS: 'perhaps' } }, /NARA_MDNS is "perhaps"; allowed: true or false/],
    ['a file that is no JSON', { file: '{ target: 3 }' }, /config\.json is not JSON/],
    ['a file with a list', { file: [3] }, /must hold one JSON object/],
    ['a key that is none', { file: { tagret: 3 } }, /"tagret" in .*config\.json is no setting; did you mean "target"\?/]
  ]

  it.each(cases)('%s', async (_, given, message) => {
    expect(await refusal(given)).toMatch(message)
  })

  it('is quoted without what a terminal would obey', async () => {
    const message = await refusal({ env: { NARA_MEMORY: '\u001b[2Jhigh\u202e' } })

    expect(message).toContain('\\u{1b}[2Jhigh\\u{202e}')
  })
})

describe('units', () => {
  it.each([['1MiB', 1_048_576], ['500k', 500_000], ['1.5 KiB', 1_536], ['77', 77], [4096, 4096], ['64mib', 67_108_864]])('size %s', async (text, bytes) => {
    expect((await load({ file: { maxStash: text } })).maxStash).toBe(bytes)
  })

  it.each([['500ms', 500], ['60s', 60_000], ['2m', 120_000], ['1.5h', 5_400_000], ['0s', 0]])('time %s', async (text, milliseconds) => {
    expect((await load({ flags: { repairDelay: text } })).repairDelay).toBe(milliseconds)
  })

  it('take any text without an unexpected error', () => {
    fc.assert(fc.property(fc.anything(), fc.constantFrom(...Object.keys(settings) as SettingKey[]), (raw, key) => {
      try {
        settings[key].parse(raw)
      } catch (error) {
        expect((error as Error).name).toBe('InvalidValueError')
      }
    }))
  })
})

describe('the environment', () => {
  it('is searched for variables that are mistyped', () => {
    expect(unknownVariables({ NARA_TARGET: '3', NARA_SOUL: 'x', NARA_DIR: '/d', NARA_BOOTSTRP: 'x', HOME: '/' }))
      .toEqual([{ name: 'NARA_BOOTSTRP', meant: 'NARA_BOOTSTRAP' }])
  })
})

describe('the README', () => {
  it('lists every setting with its flag and its variable', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')

    for (const [key, { flag, env }] of Object.entries(settings)) {
      expect(readme).toContain(`\`${key}\``)
      expect(readme).toContain(`\`${flag.split(' ')[0] ?? ''}`)
      expect(readme).toContain(`\`${env}\``)
    }
  })
})
