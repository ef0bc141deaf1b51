import { readFileSync } from 'node:fs'

/** Reads SPEC.md as a document whose blocks and tables can be compared with what they show. */

const packages = new URL('../../../', import.meta.url)

export const specification = readFileSync(new URL('protocol/SPEC.md', packages), 'utf8')

/** A file of the repository, by its path below packages/. */
export function repositoryFile (path: string): string {
  return readFileSync(new URL(path, packages), 'utf8')
}

export interface Block {
  /** FILE/NAME/FIELD */
  path: string
  hex: string
}

/** The fenced blocks that show vectors. */
export function vectorBlocks (document: string): Block[] {
  return [...document.matchAll(/<!-- vector: (\S+) -->\n```text\n([^`]*)\n```/g)]
    .map(([, path = '', text = '']) => ({ path, hex: text.replaceAll('\n', '') }))
}

export interface ProtoBlock {
  /** From the repository's root. */
  file: string
  /** A message, or `*` for all. */
  message: string
  text: string
}

/** The fenced blocks that show schemas. */
export function protoBlocks (document: string): ProtoBlock[] {
  return [...document.matchAll(/<!-- proto: (\S+) (\S+) -->\n```proto\n([^`]*)\n```/g)]
    .map(([, file = '', message = '', text = '']) => ({ file, message, text }))
}

/** A schema without what is not part of the wire: comments, and the option that tells our generator how to hold a number. */
export function wireOf (schema: string | undefined): string | undefined {
  return schema?.replaceAll(' [jstype = JS_NUMBER]', '').replaceAll(/ *\/\/.*/g, '').replaceAll(/\n{2,}/g, '\n').trim()
}

/** What a schema's file says of a message. */
export function schemaOf ({ file, message }: Pick<ProtoBlock, 'file' | 'message'>): string | undefined {
  const source = repositoryFile(file.replace(/^packages\//, ''))

  return message === '*'
    ? source.split('syntax = "proto3";\n')[1]?.trim()
    : new RegExp(`^message ${message} \\{[^]*?^\\}`, 'm').exec(source)?.[0]
}

/** Rows of the tables below a heading, as their cells. */
export function rowsBelow (document: string, heading: string): string[][] {
  const section = document.split(`\n### ${heading}\n`)[1]?.split(/\n##/)[0] ?? ''

  return section.split('\n').filter(line => line.startsWith('|')).map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
}

/** A limits table: the numbers of each constant. */
export function limitsBelow (document: string, heading: string): Map<string, number[]> {
  return new Map(rowsBelow(document, heading).flatMap(([name = '', values = '']) => {
    const constant = /^`(\w+)`$/.exec(name)?.[1]

    return constant == null ? [] : [[constant, values.split(';').map(value => Number(value.replaceAll(',', '')))] as const]
  }))
}

/** Of a module's exports those that are numbers or lists of numbers. */
export function numbersOf (module: Record<string, unknown>): Map<string, number[]> {
  return new Map(Object.entries(module).flatMap(([name, value]) => {
    const numbers = Array.isArray(value) ? value : [value]

    return numbers.every(number => typeof number === 'number') ? [[name, numbers] as const] : []
  }))
}

/** The anchors that its headings have on the web. */
export function anchorsOf (document: string): Set<string> {
  return new Set([...document.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(/[^\w\s-]/g, '').replaceAll(' ', '-')))
}
