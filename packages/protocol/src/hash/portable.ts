import { sha256 } from '@noble/hashes/sha2.js'

/** SHA-256 (FIPS 180-4), fed in slices. */
export interface Sha256 {
  update (bytes: Uint8Array): Sha256
  /** 32 bytes. Ends the hash. */
  digest (): Uint8Array
}

export function createSha256 (): Sha256 {
  const hash = sha256.create()
  const self: Sha256 = {
    update: (bytes) => {
      hash.update(bytes)

      return self
    },
    digest: () => hash.digest()
  }

  return self
}
