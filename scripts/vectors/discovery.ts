import { concat, hex, sha256, utf8 } from './bytes.ts'

/** The 32 bytes of the example's private network key. */
const PSK = Uint8Array.from({ length: 32 }, (_, i) => 0xe0 ^ i)

export function discoveryVectors (): object[] {
  return [['nara', undefined], ['nara', PSK], ['home', undefined]].map(pair => {
    const [network, psk] = pair as [string, Uint8Array | undefined]
    const digest = sha256(concat(utf8(network), Uint8Array.of(0), psk ?? new Uint8Array()))

    return {
      network,
      ...(psk == null ? {} : { psk: hex(psk) }),
      serviceTag: `_nara-${hex(digest.subarray(0, 4))}._udp.local`,
      dht: `/nara/${network}/kad/1.0.0`
    }
  })
}
