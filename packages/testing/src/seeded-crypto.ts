import type { Random } from '@nara-stash/protocol'

/**
 * Takes the randomness that sealing asks the platform for from `random`: a record's id depends on it, and on that the order in which its holders
 * act. Returns what undoes it. For a simulation only: what is sealed meanwhile is no secret.
 */
export function seedPlatformRandomness (random: Random): () => void {
  const { crypto } = globalThis
  const original = Object.getOwnPropertyDescriptor(crypto, 'getRandomValues')

  Object.defineProperty(crypto, 'getRandomValues', {
    configurable: true,
    value: <View extends ArrayBufferView>(view: View): View => {
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(random.bytes(view.byteLength))

      return view
    }
  })

  return () => {
    if (original == null) {
      Reflect.deleteProperty(crypto, 'getRandomValues')
    } else {
      Object.defineProperty(crypto, 'getRandomValues', original)
    }
  }
}
