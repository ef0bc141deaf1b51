import fc from 'fast-check'

/** Hosts of three networks, this machine, and a transport without addresses. */
export const addresses: fc.Arbitrary<string | undefined> = fc.constantFrom(
  '10.0.0.1', '10.0.0.2', '10.0.1.1', '2001:db8::1', '2001:db8::2', '2001:db8:0:1::1', '127.0.0.1', '::1', undefined)
