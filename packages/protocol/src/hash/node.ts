import { createHash } from 'node:crypto'
import type { Sha256 } from './portable.ts'

export function createSha256 (): Sha256 {
  const hash = createHash('sha256')
  const self: Sha256 = {
    update: (bytes) => {
      hash.update(bytes)

      return self
    },
    digest: () => new Uint8Array(hash.digest())
  }

  return self
}
