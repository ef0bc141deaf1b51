import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createSoul, formatSoul, publicKeyOf, soulFromSeed, soulToWords } from '@nara-stash/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findOrMakeSoul, findSoul } from '../../src/soul/find-soul.ts'
import { readSoulFile, readSoulStream } from '../../src/soul/read-soul.ts'
import { formatSoulText, parseSoulText } from '../../src/soul/soul-text.ts'
import { writeSoulFile } from '../../src/soul/write-soul.ts'
import { fakeIo } from '../support/fake-io.ts'
import { soulIn, writeModed } from '../support/files.ts'
import { tempDir } from '../support/temp-dir.ts'

const key = (soul: Parameters<typeof publicKeyOf>[0]): string => Buffer.from(publicKeyOf(soul)).toString('hex')

/** The error, after a check that neither it nor what it shows holds the secret. */
async function refusal (attempt: Promise<unknown>, secrets: string[] = []): Promise<Error & { hint?: string, exitCode?: number }> {
  const error = await attempt.then(() => { throw new Error('accepted') }, (reason: Error & { hint?: string }) => reason)

  for (const secret of secrets) {
    expect(`${error.stack ?? ''} ${error.message} ${error.hint ?? ''} ${JSON.stringify(error)}`).not.toContain(secret)
  }

  return error
}

describe('the text of a soul file', () => {
  it('comes back, whatever the name', () => {
    fc.assert(fc.property(fc.option(fc.stringMatching(/^[\p{L}\p{N} :#-]{1,10}$/u)), name => {
      const soul = soulFromSeed(new Uint8Array(32).fill(7), name ?? undefined)

      expect(parseSoulText(formatSoulText(soul))).toEqual(soul)
    }), { numRuns: 30 })
  })

  it('may be the words, over several lines, with a name', () => {
    const soul = createSoul({ name: 'kiosk' })
    const words = soulToWords(soul).split(' ')
    const text = `${words.slice(0, 12).join(' ')}\n${words.slice(12).join('  ')}\nname: kiosk\n`

    expect(parseSoulText(text)).toEqual(soul)
    expect(parseSoulText(text, { name: 'kiosk' })).toEqual(soul)
  })

  it('is refused with another name than the soul was made with', () => {
    const soul = createSoul({ name: 'kiosk' })

    expect(() => parseSoulText(formatSoul(soul), { name: 'shop' })).toThrow(expect.objectContaining({ name: 'NameMismatch' }))
    expect(() => parseSoulText(`${soulToWords(soul)}\nname: kiosk`, { name: 'shop' })).toThrow(expect.objectContaining({ name: 'NameMismatch' }))
    expect(() => parseSoulText(formatSoul(soul))).toThrow(expect.objectContaining({ name: 'NameMissing' }))
  })
})

describe('reading a soul file', () => {
  it.each([0o600, 0o400])('takes one of mode %o', async mode => {
    const { soul, path } = await soulIn(await tempDir(), { mode })

    expect(key(await readSoulFile(path))).toBe(key(soul))
  })

  it.each([0o644, 0o640, 0o604, 0o660, 0o666, 0o610])('refuses one of mode %o and tells how to mend it', async mode => {
    const { soul, path } = await soulIn(await tempDir(), { mode })
    const error = await refusal(readSoulFile(path), [formatSoul(soul)])

    expect(error.message).toMatch(/others can read the soul/)
    expect(error.hint).toBe(`chmod 600 ${path}`)
  })

  it('names a mistyped word, and no other', async () => {
    const words = soulToWords(createSoul()).split(' ')
    const wrong = [...words.slice(0, 6), 'zebraa', ...words.slice(7)].join(' ')
    const path = await writeModed(join(await tempDir(), 'words'), wrong, 0o600)
    const error = await refusal(readSoulFile(path), [words.slice(0, 3).join(' ')])

    expect(error.message).toMatch(/word 7, "zebraa".*did you mean zebra/)
    expect(error.exitCode).toBe(1)
  })

  it('refuses a file that is not there, a folder, an empty one, a large one, and one with something else', async () => {
    const dir = await tempDir()

    expect((await refusal(readSoulFile(join(dir, 'none')))).message).toMatch(/does not exist/)
    expect((await refusal(readSoulFile(dir))).message).toMatch(/is a folder/)
    expect((await refusal(readSoulFile(await writeModed(join(dir, 'empty'), '\n', 0o600)))).message).toMatch(/is empty/)
    expect((await refusal(readSoulFile(await writeModed(join(dir, 'large'), 'a'.repeat(5_000), 0o600)))).message).toMatch(/larger than/)
    expect((await refusal(readSoulFile(await writeModed(join(dir, 'other'), 'hello', 0o600)))).name).toBe('InvalidSoul')
  })

  it('does not repeat a soul that was given where its path belongs', async () => {
    const soul = formatSoul(createSoul())
    const error = await refusal(readSoulFile(join('/tmp', soul)), [soul])

    expect(error.message).toMatch(/never given as an argument/)
  })

  it('reads standard input to its end, but not without bound', async () => {
    const soul = createSoul({ name: 'kiosk' })
    const endless = Readable.from((function * () { for (;;) { yield Buffer.alloc(1024, 'a') } })())
    const inTwo = Readable.from([Buffer.from(formatSoul(soul).slice(0, 20)), Buffer.from(formatSoul(soul).slice(20))])

    expect(await readSoulStream(fakeIo({ stdin: inTwo }), 'kiosk')).toEqual(soul)
    expect((await refusal(readSoulStream(fakeIo({ stdin: endless })))).message).toMatch(/larger than/)
  })
})

describe('writing a soul file', () => {
  it('makes one of mode 0600 whatever the umask, and leaves nothing else', async () => {
    const dir = await tempDir()
    const umask = process.umask(0)

    try {
      await writeSoulFile(join(dir, 'new', 'soul'), createSoul())
    } finally {
      process.umask(umask)
    }

    expect((await stat(join(dir, 'new', 'soul'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(dir, 'new'))).mode & 0o777).toBe(0o700)
    expect(await readdir(join(dir, 'new'))).toEqual(['soul'])
  })

  it('never replaces what is there', async () => {
    const dir = await tempDir()
    const path = await writeModed(join(dir, 'soul'), 'precious', 0o600)
    const soul = createSoul()
    const error = await refusal(writeSoulFile(path, soul), [formatSoul(soul)])

    expect(error.message).toMatch(/exists already/)
    expect(await readFile(path, 'utf8')).toBe('precious')
    expect(await readdir(dir)).toEqual(['soul'])
  })

  it('lets exactly one of many win', async () => {
    const dir = await tempDir()
    const path = join(dir, 'soul')
    const souls = Array.from({ length: 8 }, () => createSoul())
    const results = await Promise.allSettled(souls.map(async soul => await writeSoulFile(path, soul)))
    const winner = souls[results.findIndex(({ status }) => status === 'fulfilled')]

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await readSoulFile(path)).toEqual(winner)
  })
})

describe('which soul', () => {
  const request = { soulFileSource: 'default' as const }

  it('is made once, then found again with its name', async () => {
    const dir = await tempDir()
    const made = await findOrMakeSoul({ ...request, dir, name: 'kiosk' }, fakeIo())
    const found = await findOrMakeSoul({ ...request, dir }, fakeIo())

    expect(made.fresh).toBe(true)
    expect(found.fresh).toBe(false)
    expect(found.soul).toEqual(made.soul)
    expect(found.soul.name).toBe('kiosk')
  })

  it('is the one of a flag before NARA_SOUL before the file before DIR/soul', async () => {
    const dir = await tempDir()
    const { soul: inFile, path } = await soulIn(dir)
    const inEnv = createSoul()
    const { soul: inDir } = await findOrMakeSoul({ ...request, dir }, fakeIo())
    const env = { NARA_SOUL: formatSoul(inEnv) }
    const ask = async (more: object, variables: Record<string, string>): Promise<string> =>
      key((await findSoul({ ...request, dir, ...more }, fakeIo({ env: variables })))?.soul ?? createSoul())

    expect(await ask({ soulFile: path, soulFileSource: 'flag' }, env)).toBe(key(inFile))
    expect(await ask({ soulFile: path, soulFileSource: 'file' }, env)).toBe(key(inEnv))
    expect(await ask({ soulFile: path, soulFileSource: 'file' }, {})).toBe(key(inFile))
    expect(await ask({}, { NARA_SOUL: '' })).toBe(key(inDir))
  })

  it('is asked back when the environment names two', async () => {
    const dir = await tempDir()
    const { path } = await soulIn(dir)
    const env = { NARA_SOUL: formatSoul(createSoul()) }

    await expect(findSoul({ dir, soulFile: path, soulFileSource: 'environment' }, fakeIo({ env }))).rejects.toThrow(/both set/)
  })

  it('is never made anew because the one in DIR cannot be read', async () => {
    const dir = await tempDir()

    await mkdir(join(dir, 'soul'))
    await expect(findOrMakeSoul({ ...request, dir }, fakeIo())).rejects.toThrow(/is a folder/)
    await writeFile(join(dir, 'file'), '')
    await chmod(join(dir, 'file'), 0o600)
    await expect(findOrMakeSoul({ ...request, dir: join(dir, 'file') }, fakeIo())).rejects.toThrow(/not a folder/)
  })
})
