/**
 * SPEC.md shows vectors in fenced blocks, each behind a comment that says where its content is: `<!-- vector: FILE/NAME/FIELD -->`. The
 * blocks are written from the vectors, so the document cannot say anything else.
 */

const BLOCK = /(<!-- vector: (\S+) -->\n```\w*\n)[^`]*(\n```)/g
const HEX_PER_LINE = 96

export type Vectors = Record<string, unknown>

/** The document with every block filled. */
export function fillBlocks (document: string, vectors: Vectors): string {
  return document.replace(BLOCK, (_, head: string, path: string, tail: string) => head + wrapped(valueAt(vectors, path)) + tail)
}

function valueAt (vectors: Vectors, path: string): string {
  let value: unknown = vectors

  for (const step of path.split('/')) {
    value = Array.isArray(value)
      ? value.find(item => [item.name, item.what, item.from].includes(step)) ?? value[Number(step)]
      : (value as Record<string, unknown> | undefined)?.[step]
  }

  if (typeof value !== 'string') {
    throw new Error(`SPEC.md shows ${path}, and there is no such vector`)
  }

  return value
}

function wrapped (text: string): string {
  return text.match(new RegExp(`.{1,${HEX_PER_LINE}}`, 'g'))?.join('\n') ?? ''
}
