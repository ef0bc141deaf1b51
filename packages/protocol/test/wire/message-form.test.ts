import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_LIVE_HOLDERS } from '../../src/constants.ts'
import { Release, StashRequest, StashResponse } from '../../src/pb/message.ts'
import { PlacementPayload, RecordPayload } from '../../src/pb/record.ts'
import { PLACEMENT_FORM, RECORD_FORM, REQUEST_FORM, RESPONSE_FORM } from '../../src/wire/forms.ts'
import { BOOL, BYTES, checkForm, TEXT, UINT32, UINT64 } from '../../src/wire/message-form.ts'
import type { Field, Form } from '../../src/wire/message-form.ts'

const malformed = expect.objectContaining({ name: 'MalformedError' })

const INNER: Form = { 1: BYTES, 2: UINT64 }
const FORM: Form = {
  1: UINT32, 2: UINT64, 3: BOOL, 4: BYTES, 5: TEXT, 6: { form: INNER, repeated: true }, 7: { form: INNER, choice: 'one' }, 8: { ...BYTES, choice: 'one' }
}

describe('taken', () => {
  it.each([
    ['nothing at all', []],
    ['fields in any order', [0x10, 1, 0x08, 1]],
    ['fields that hold their default', [0x08, 0, 0x10, 0, 0x18, 0, 0x22, 0, 0x2a, 0]],
    ['a field that repeats', [0x32, 0, 0x08, 1, 0x32, 2, 0x10, 1]],
    ['one of a choice', [0x3a, 0]],
    ['2^32 - 1', [0x08, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['2^53 - 1', [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['unknown fields of every type, more than once', [
      0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 2, 8, 8, 0x7d, 1, 2, 3, 4, 0x78, 0
    ]],
    ['the highest field number', [0xf8, 0xff, 0xff, 0xff, 0x0f, 0]],
    ['text that is UTF-8', [0x2a, 2, 0xc3, 0xa9]]
  ])('%s', (_, bytes) => {
    expect(() => { checkForm(Uint8Array.from(bytes), FORM) }).not.toThrow()
  })
})

describe('malformed', () => {
  it.each([
    ['field number 0', [0x00, 1]],
    ['field number 0 with a length', [0x02, 0]],
    ['a field number above 2^29 - 1', [0x80, 0x80, 0x80, 0x80, 0x10, 0]],
    ['a number where bytes belong', [0x20, 1]],
    ['bytes where a number belongs', [0x0a, 1, 5]],
    ['a fixed number where a varint belongs', [0x0d, 1, 0, 0, 0]],
    ['a number where a message belongs', [0x30, 1]],
    ['a group', [0x7b, 0x7c]],
    ['the end of a group', [0x7c]],
    ['wire type 6', [0x7e]],
    ['wire type 7', [0x7f]],
    ['2^32', [0x08, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['a negative enum', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['2^53', [0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['2^64 - 1', [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['2^64 in an unknown field', [0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]],
    ['a varint of eleven bytes', [0x78, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ['a bool of 2', [0x18, 2]],
    ['a number that is not in its shortest form', [0x08, 0x81, 0x00]],
    ['a tag that is not in its shortest form', [0x88, 0x00, 1]],
    ['a length that is not in its shortest form', [0x22, 0x80, 0x00]],
    ['a field twice', [0x08, 1, 0x08, 1]],
    ['a field twice, with another between', [0x08, 1, 0x10, 1, 0x08, 1]],
    ['two of a choice', [0x3a, 0, 0x42, 0]],
    ['one of a choice twice', [0x42, 0, 0x42, 0]],
    ['the end amid a tag', [0x88]],
    ['the end amid a number', [0x08, 0x80]],
    ['the end after a tag', [0x08]],
    ['the end amid bytes', [0x22, 3, 1, 2]],
    ['the end amid an unknown field', [0x79, 1, 2, 3]],
    ['a field that reaches beyond the message it is in', [0x32, 2, 0x0a, 3, 1, 2, 3]],
    ['something malformed within', [0x32, 4, 0x10, 1, 0x10, 1]],
    ['text that is not UTF-8', [0x2a, 2, 0xc3, 0x28]]
  ])('%s', (_, bytes) => {
    expect(() => { checkForm(Uint8Array.from(bytes), FORM) }).toThrow(malformed)
  })

  it('is all that is ever thrown', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      try {
        checkForm(bytes, FORM)
      } catch (err) {
        expect(err).toEqual(malformed)
      }
    }), { numRuns: 2_000 })
  })
})

describe('the forms', () => {
  it.each([
    ['record.proto', 'RecordPayload', RECORD_FORM],
    ['record.proto', 'PlacementPayload', PLACEMENT_FORM],
    ['message.proto', 'StashRequest', REQUEST_FORM],
    ['message.proto', 'StashResponse', RESPONSE_FORM]
  ])('say what %s says of %s', (file, message, form) => {
    expect(form).toEqual(formOf(readFileSync(new URL(`../../src/pb/${file}`, import.meta.url), 'utf8'), message))
  })

  it('are those in which we write, whatever we write', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map(value => new Uint8Array(value))
    const uint32 = fc.nat(2 ** 32 - 1)
    const list = fc.array(bytes, { maxLength: MAX_LIVE_HOLDERS })
    const carried = { record: bytes, placement: bytes, liveHolders: list, leaseRemainingS: uint32 }

    fc.assert(fc.property(fc.record({
      kind: fc.constantFrom(RecordPayload.Kind.UNKNOWN, RecordPayload.Kind.TOMBSTONE), seq: fc.maxSafeNat(), boot: bytes,
      past: fc.array(fc.record({ boot: bytes, seq: fc.maxSafeNat() })), bodyLength: uint32, bodySha256: bytes
    }), record => { checkForm(RecordPayload.encode(record), RECORD_FORM) }))
    fc.assert(fc.property(fc.record({
      version: fc.maxSafeNat(), holders: list, target: uint32, minCopies: uint32, surrogates: fc.constantFrom(PlacementPayload.Surrogates.ANY, PlacementPayload.Surrogates.NONE),
      allowed: list, leaseS: uint32
    }), placement => { checkForm(PlacementPayload.encode(placement), PLACEMENT_FORM) }))
    fc.assert(fc.property(fc.oneof(
      fc.record({ store: fc.record({ ...carried, body: bytes }, { requiredKeys: ['record', 'placement', 'liveHolders', 'leaseRemainingS'] }) }),
      fc.record({ fetch: fc.record({ whole: fc.boolean() }) }),
      fc.record({ offer: fc.record({ ...carried, direct: fc.boolean(), mayBeDeleted: fc.boolean() }) }),
      fc.record({ challenge: fc.record({ owner: bytes, recordId: bytes, nonce: bytes }) }),
      fc.record({ witness: fc.constant({}) }),
      fc.record({ release: fc.record({ owner: bytes, recordId: bytes, reason: fc.constantFrom(Release.Reason.UNKNOWN, Release.Reason.RELIEVED) }) })
    ), request => { checkForm(StashRequest.encode(request), REQUEST_FORM) }))
    fc.assert(fc.property(fc.record({
      ...carried, status: fc.constantFrom(StashResponse.Status.SEND, StashResponse.Status.BUSY), proof: bytes, leaving: fc.boolean(), beside: bytes, direct: fc.boolean(), mayBeDeleted: fc.boolean(),
      reason: fc.constantFrom(StashResponse.Reason.NONE, StashResponse.Reason.UNSUPPORTED), retryAfterMs: uint32, body: bytes
    }), response => { checkForm(StashResponse.encode(response), RESPONSE_FORM) }))
  })
})

/** The form that a schema gives a message. */
function formOf (schema: string, message: string): Form {
  const text = schema.replaceAll(/\/\/.*/g, '')
  const block = (kind: string, name: string): string | undefined =>
    new RegExp(`^( *)${kind} ${name} \\{\\n([^]*?)^\\1\\}`, 'm').exec(text)?.[2]
  const scalars: Record<string, Field> = { bool: BOOL, uint32: UINT32, uint64: UINT64, bytes: BYTES, string: TEXT }
  const choices = [...text.matchAll(/oneof (\w+) \{([^}]*)\}/g)]
  // what is declared within is read when a field has its type
  const own = (block('message', message) ?? '').replaceAll(/^( +)(message|enum) \w+ \{[^]*?^\1\}/gm, '')

  return Object.fromEntries([...own.matchAll(/^ *(?:(repeated|optional) )?(\w+) (\w+) = (\d+)/gm)].map(([line, label, type = '', , number = '']) => {
    const choice = choices.find(([, , members = '']) => members.includes(line.trim()))?.[1]
    const field = scalars[type] ?? (block('enum', type) == null ? { form: formOf(schema, type) } : UINT32)

    return [number, { ...field, ...(label === 'repeated' && { repeated: true as const }), ...(choice != null && { choice }) }]
  }))
}
