import { BOOL, BYTES, UINT32, UINT64 } from './message-form.ts'
import type { Form } from './message-form.ts'

/** The fields of record.proto and message.proto. */

const PAST: Form = { 1: BYTES, 2: UINT64 }

export const RECORD_FORM: Form = {
  1: UINT32,
  2: UINT64,
  3: BYTES,
  4: { form: PAST, repeated: true },
  5: UINT32,
  6: BYTES
}

export const PLACEMENT_FORM: Form = {
  1: UINT64,
  2: { ...BYTES, repeated: true },
  3: UINT32,
  4: UINT32,
  5: UINT32,
  6: { ...BYTES, repeated: true },
  7: UINT32,
  9: UINT64
}

const STORE: Form = { 1: BYTES, 2: BYTES, 3: { ...BYTES, repeated: true }, 4: UINT32, 5: BYTES }
const FETCH: Form = { 1: BOOL }
const OFFER: Form = { 1: BYTES, 2: BYTES, 3: { ...BYTES, repeated: true }, 4: UINT32, 5: BOOL, 6: BOOL }
const CHALLENGE: Form = { 1: BYTES, 2: BYTES, 3: BYTES }
const WITNESS: Form = { 1: BYTES, 2: BYTES }
const RELEASE: Form = { 1: BYTES, 2: BYTES, 3: UINT32 }

export const REQUEST_FORM: Form = {
  1: { form: STORE, choice: 'request' },
  2: { form: FETCH, choice: 'request' },
  3: { form: OFFER, choice: 'request' },
  4: { form: CHALLENGE, choice: 'request' },
  5: { form: WITNESS, choice: 'request' },
  6: { form: RELEASE, choice: 'request' }
}

export const RESPONSE_FORM: Form = {
  1: UINT32,
  2: BYTES,
  3: BYTES,
  4: { ...BYTES, repeated: true },
  5: BOOL,
  6: UINT32,
  7: UINT32,
  8: BYTES,
  9: UINT32,
  10: BYTES,
  11: BOOL,
  12: BYTES,
  13: BOOL,
  14: BYTES
}
