import { seededRandom } from '@nara-stash/testing'

/** Bytes in front that say whose stash it is, and which version. */
const HEAD = 8

/** Version `n` of the stash of owner `index`: bytes that nobody else's stash and no other version has. */
export function contentOf (index: number, n: number, bytes: number): Uint8Array {
  const content = seededRandom(index * 2 ** 24 + n).bytes(bytes)
  const view = new DataView(content.buffer)
  view.setUint32(0, index)
  view.setUint32(4, n)

  return content
}

/** Which version of owner `index` this is; undefined if it is none. */
export function versionIn (data: Uint8Array, index: number): number | undefined {
  if (data.byteLength < HEAD) {
    return
  }

  const n = new DataView(data.buffer, data.byteOffset).getUint32(4)
  const expected = contentOf(index, n, data.byteLength)

  return data.every((byte, i) => byte === expected[i]) ? n : undefined
}
