import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as constants from '../../src/constants.ts'
import { committed } from './committed.ts'
import {
  anchorsOf, limitsBelow, numbersOf, protoBlocks, repositoryFile, rowsBelow, schemaOf, specification, vectorBlocks, wireOf
} from './spec-document.ts'

const FILES: Record<string, string> = {
  peers: 'protocol', records: 'protocol', placements: 'protocol', order: 'protocol', proofs: 'protocol', messages: 'protocol', exchanges: 'protocol',
  souls: 'node', bodies: 'node', presence: 'node', discovery: 'node'
}

const vectors = Object.fromEntries(Object.entries(FILES).map(([file, name]) =>
  [file, JSON.parse(repositoryFile(`${name}/test/vectors/${file}.json`)) as unknown]))

function valueAt (path: string): unknown {
  return path.split('/').reduce<unknown>((value, step) => Array.isArray(value)
    ? value.find((item: { name?: string }) => item.name === step) ?? value[Number(step)]
    : (value as Record<string, unknown> | undefined)?.[step], vectors)
}

/** The blocks of a document that do not show what was committed. */
function wrongBlocks (document: string): string[] {
  return vectorBlocks(document).filter(({ path, hex }) => hex === '' || valueAt(path) !== hex).map(({ path }) => path)
}

describe('the hex in SPEC.md', () => {
  it('is that of the committed vectors', () => {
    expect(vectorBlocks(specification).length).toBeGreaterThan(60)
    expect(wrongBlocks(specification)).toEqual([])
  })

  it.each(vectorBlocks(specification).map(({ path }) => path))('would be found out if one digit of %s changed', path => {
    const at = specification.indexOf('```text\n', specification.indexOf(`<!-- vector: ${path} -->`)) + '```text\n'.length
    const digit = specification[at] === '0' ? '1' : '0'

    expect(wrongBlocks(specification.slice(0, at) + digit + specification.slice(at + 1))).toEqual([path])
  })

  it('shows every header, placement, message, presence message and body', () => {
    const shown = new Set(vectorBlocks(specification).map(({ path }) => path))
    const names = (list: unknown): string[] => (list as Array<{ name: string }>).map(({ name }) => name)
    const all = [
      ...names(vectors.records).map(name => `records/${name}/envelope`),
      ...names(vectors.placements).map(name => `placements/${name}/envelope`),
      ...names(valueAt('messages/requests')).map(name => `messages/requests/${name}/frame`),
      ...names(valueAt('messages/responses')).map(name => `messages/responses/${name}/frame`),
      ...names(vectors.proofs).map(name => `proofs/${name}/proof`),
      ...names(valueAt('presence/messages')).map(name => `presence/messages/${name}/message`),
      ...names(valueAt('bodies/bodies')).map(name => `bodies/bodies/${name}/body`)
    ]

    expect(all.filter(path => !shown.has(path))).toEqual([])
  })

  it('says of every exchange what either side writes', () => {
    for (const { name, asker, answerer } of committed('exchanges')) {
      // lines end where they are full
      const [, section = ''] = specification.split(`\n**${name}**: `).slice(-2).map(part => part.replace(/\s+/g, ' '))

      expect(section).toContain(`asker writes ${asker.length.toLocaleString('en')} bytes, SHA-256 \`${asker.sha256}\``)
      expect(section).toContain(`answerer ${answerer.length.toLocaleString('en')}, SHA-256 \`${answerer.sha256}\``)
    }
  })
})

describe('the tables in SPEC.md', () => {
  it('name the peers', () => {
    const rows = rowsBelow(specification, 'Vector: peers').map(([name, , publicKey, peerId]) => [name, publicKey, peerId])

    for (const { name, publicKey, peerId } of committed('peers')) {
      expect(rows).toContainEqual([name, `\`${publicKey}\``, `\`${peerId}\``])
    }
  })

  it('name the souls', () => {
    const rows = rowsBelow(specification, 'Vector: peers')

    for (const { name, tag, soul, naraId } of vectors.souls as Array<Record<string, string>>) {
      expect(rows).toContainEqual([name, tag, soul, naraId].map(text => `\`${text}\``))
    }
  })

  it('work the order rule as the vectors do', () => {
    const words: Record<string, string> = {
      same: 'is the same as', supersedes: 'supersedes', superseded: 'is superseded by', conflict: 'is in conflict with'
    }

    for (const { a, relation, b, why } of committed('order')) {
      expect(specification).toContain(`| ${a} | ${words[relation]} | ${b} | ${why} |`)
    }
  })

  it('give the padding and the discovery names of the vectors', () => {
    const { padding } = vectors.bodies as { padding: Array<Record<'data' | 'plaintext' | 'body', number>> }
    const grouped = (number: number): string => number.toLocaleString('en')

    for (const { data, plaintext, body } of padding) {
      expect(specification).toContain(`| ${grouped(data)} | ${grouped(plaintext)} | ${grouped(body)} |`)
    }

    for (const { network, psk, serviceTag, dht } of vectors.discovery as Array<Record<string, string>>) {
      expect(specification).toContain(`| \`${network}\` | ${psk == null ? 'none' : `\`${psk}\``} | \`${serviceTag}\` | \`${dht}\` |`)
    }
  })

  it('give the limits of the code, all of them', () => {
    expect(limitsBelow(specification, 'Limits of the stash protocol')).toEqual(numbersOf(constants))
  })

  it('give the memory modes of the code', () => {
    const mebibytes = (bytes: number): string => `${bytes / 2 ** 20} MiB`

    expect(rowsBelow(specification, 'Capacity').slice(2).map(row => row.slice(0, 3))).toEqual(
      Object.entries(constants.MEMORY_MODES).map(([mode, { stashes, bytes }]) => [mode, String(stashes), mebibytes(bytes)]))
  })
})

describe('the text of SPEC.md', () => {
  it.each(protoBlocks(specification))('shows $message of $file as it is', block => {
    expect(wireOf(block.text)).toBe(wireOf(schemaOf(block)))
    expect(block.text).not.toContain('jstype')
  })

  it('shows all schemas', () => {
    expect(protoBlocks(specification).map(({ message }) => message)).toEqual(
      ['RecordPayload', 'PlacementPayload', '*', 'PresenceMessage'])
  })

  it('names the protocol, domains and payload types of the code', () => {
    const texts = Object.values(constants).filter(value => typeof value === 'string')

    expect(texts).toHaveLength(6)
    expect(texts.filter(text => !specification.includes(`\`${text}\``))).toEqual([])
  })

  it('has no link that leads nowhere', () => {
    const anchors = anchorsOf(specification)
    const links = [...specification.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor)

    expect(links.length).toBeGreaterThan(30)
    expect(links.filter(anchor => !anchors.has(anchor))).toEqual([])
  })

  it('has every section that the code refers to', () => {
    const referred = ['protocol', 'node', 'crypto', 'cli'].flatMap(name => sources(`${name}/src`)
      .flatMap(path => [...repositoryFile(path).matchAll(/SPEC\.md,\s+(?:[*/]+\s+)?"([^"]+)"/g)].map(([, section = '']) => ({ path, section }))))
    const headings = new Set([...specification.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading?.replace(/^The /, '').toLowerCase()))

    expect(referred.length).toBeGreaterThan(20)
    expect(referred.filter(({ section }) => !headings.has(section.toLowerCase()))).toEqual([])
  })
})

function sources (folder: string): string[] {
  return readdirSync(new URL(`../../../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') || path.endsWith('.proto'))
    .map(path => `${folder}/${path}`)
}
