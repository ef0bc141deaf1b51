import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface RecordPayload {
  kind: RecordPayload.Kind
  seq: number
  boot: Uint8Array<ArrayBuffer>
  past: RecordPayload.Past[]
  bodyLength: number
  bodySha256: Uint8Array<ArrayBuffer>
}

export namespace RecordPayload {
  export enum Kind {
    UNKNOWN = 'UNKNOWN',
    DATA = 'DATA',
    TOMBSTONE = 'TOMBSTONE'
  }

  enum __KindValues {
    UNKNOWN = 0,
    DATA = 1,
    TOMBSTONE = 2
  }

  export namespace Kind {
    export const codec = (): Codec<Kind> => {
      return enumeration<Kind>(__KindValues)
    }
  }

  export interface Past {
    boot: Uint8Array<ArrayBuffer>
    seq: number
  }

  export namespace Past {
    let _codec: Codec<Past>

    export const codec = (): Codec<Past> => {
      if (_codec == null) {
        _codec = message<Past>((obj, w, opts = {}) => {
          if (opts.lengthDelimited !== false) {
            w.fork()
          }

          if ((obj.boot != null && obj.boot.byteLength > 0)) {
            w.uint32(10)
            w.bytes(obj.boot)
          }

          if ((obj.seq != null && obj.seq !== 0)) {
            w.uint32(16)
            w.uint64Number(obj.seq)
          }

          if (opts.lengthDelimited !== false) {
            w.ldelim()
          }
        }, (reader, length, opts = {}) => {
          const obj: any = {
            boot: uint8ArrayAlloc(0),
            seq: 0
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                obj.boot = reader.bytes()
                break
              }
              case 2: {
                obj.seq = reader.uint64Number()
                break
              }
              default: {
                reader.skipType(tag & 7)
                break
              }
            }
          }

          return obj
        }, function * (reader, length, prefix, opts = {}) {
          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                yield {
                  field: `${prefix}.boot`,
                  value: reader.bytes()
                }
                break
              }
              case 2: {
                yield {
                  field: `${prefix}.seq`,
                  value: reader.uint64Number()
                }
                break
              }
              default: {
                reader.skipType(tag & 7)
                break
              }
            }
          }
        })
      }

      return _codec
    }

    export interface PastBootFieldEvent {
      field: '$.boot'
      value: Uint8Array<ArrayBuffer>
    }

    export interface PastSeqFieldEvent {
      field: '$.seq'
      value: number
    }

    export function encode (obj: Partial<Past>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Past.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Past>): Past {
      return decodeMessage(buf, Past.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Past>): Generator<PastBootFieldEvent | PastSeqFieldEvent> {
      return streamMessage(buf, Past.codec(), opts)
    }
  }

  let _codec: Codec<RecordPayload>

  export const codec = (): Codec<RecordPayload> => {
    if (_codec == null) {
      _codec = message<RecordPayload>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.kind != null && __KindValues[obj.kind] !== 0) {
          w.uint32(8)
          RecordPayload.Kind.codec().encode(obj.kind, w)
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.seq)
        }

        if ((obj.boot != null && obj.boot.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.boot)
        }

        if (obj.past != null && obj.past.length > 0) {
          for (const value of obj.past) {
            w.uint32(34)
            RecordPayload.Past.codec().encode(value, w)
          }
        }

        if ((obj.bodyLength != null && obj.bodyLength !== 0)) {
          w.uint32(40)
          w.uint32(obj.bodyLength)
        }

        if ((obj.bodySha256 != null && obj.bodySha256.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.bodySha256)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          kind: Kind.UNKNOWN,
          seq: 0,
          boot: uint8ArrayAlloc(0),
          past: [],
          bodyLength: 0,
          bodySha256: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.kind = RecordPayload.Kind.codec().decode(reader)
              break
            }
            case 2: {
              obj.seq = reader.uint64Number()
              break
            }
            case 3: {
              obj.boot = reader.bytes()
              break
            }
            case 4: {
              if (opts.limits?.past != null && obj.past.length === opts.limits.past) {
                throw new MaxLengthError('Decode error - repeated field "past" had too many elements')
              }

              obj.past.push(RecordPayload.Past.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.past$
              }))
              break
            }
            case 5: {
              obj.bodyLength = reader.uint32()
              break
            }
            case 6: {
              obj.bodySha256 = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          past: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.kind`,
                value: RecordPayload.Kind.codec().decode(reader)
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.seq`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.boot`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              if (opts.limits?.past != null && obj.past === opts.limits.past) {
                throw new MaxLengthError('Streaming decode error - repeated field "past" had too many elements')
              }

              for (const evt of RecordPayload.Past.codec().stream(reader, reader.uint32(), `${prefix}.past[]`, {
                limits: opts.limits?.past$
              })) {
                yield {
                  ...evt,
                  index: obj.past
                }
              }

              obj.past++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.bodyLength`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.bodySha256`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface RecordPayloadKindFieldEvent {
    field: '$.kind'
    value: RecordPayload.Kind
  }

  export interface RecordPayloadSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface RecordPayloadBootFieldEvent {
    field: '$.boot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RecordPayloadPastBootFieldEvent {
    field: '$.past[].boot'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface RecordPayloadPastSeqFieldEvent {
    field: '$.past[].seq'
    value: number
    index: number
  }

  export interface RecordPayloadBodyLengthFieldEvent {
    field: '$.bodyLength'
    value: number
  }

  export interface RecordPayloadBodySha256FieldEvent {
    field: '$.bodySha256'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<RecordPayload>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RecordPayload.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RecordPayload>): RecordPayload {
    return decodeMessage(buf, RecordPayload.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RecordPayload>): Generator<RecordPayloadKindFieldEvent | RecordPayloadSeqFieldEvent | RecordPayloadBootFieldEvent | RecordPayloadPastBootFieldEvent | RecordPayloadPastSeqFieldEvent | RecordPayloadBodyLengthFieldEvent | RecordPayloadBodySha256FieldEvent> {
    return streamMessage(buf, RecordPayload.codec(), opts)
  }
}

export interface PlacementPayload {
  version: number
  holders: Uint8Array<ArrayBuffer>[]
  target: number
  minCopies: number
  surrogates: PlacementPayload.Surrogates
  allowed: Uint8Array<ArrayBuffer>[]
  leaseS: number
  sinceSeq: number
}

export namespace PlacementPayload {
  export enum Surrogates {
    ANY = 'ANY',
    LISTED = 'LISTED',
    NONE = 'NONE'
  }

  enum __SurrogatesValues {
    ANY = 0,
    LISTED = 1,
    NONE = 2
  }

  export namespace Surrogates {
    export const codec = (): Codec<Surrogates> => {
      return enumeration<Surrogates>(__SurrogatesValues)
    }
  }

  let _codec: Codec<PlacementPayload>

  export const codec = (): Codec<PlacementPayload> => {
    if (_codec == null) {
      _codec = message<PlacementPayload>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.version)
        }

        if (obj.holders != null && obj.holders.length > 0) {
          for (const value of obj.holders) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if ((obj.target != null && obj.target !== 0)) {
          w.uint32(24)
          w.uint32(obj.target)
        }

        if ((obj.minCopies != null && obj.minCopies !== 0)) {
          w.uint32(32)
          w.uint32(obj.minCopies)
        }

        if (obj.surrogates != null && __SurrogatesValues[obj.surrogates] !== 0) {
          w.uint32(40)
          PlacementPayload.Surrogates.codec().encode(obj.surrogates, w)
        }

        if (obj.allowed != null && obj.allowed.length > 0) {
          for (const value of obj.allowed) {
            w.uint32(50)
            w.bytes(value)
          }
        }

        if ((obj.leaseS != null && obj.leaseS !== 0)) {
          w.uint32(56)
          w.uint32(obj.leaseS)
        }

        if ((obj.sinceSeq != null && obj.sinceSeq !== 0)) {
          w.uint32(72)
          w.uint64Number(obj.sinceSeq)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          version: 0,
          holders: [],
          target: 0,
          minCopies: 0,
          surrogates: Surrogates.ANY,
          allowed: [],
          leaseS: 0,
          sinceSeq: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.version = reader.uint64Number()
              break
            }
            case 2: {
              if (opts.limits?.holders != null && obj.holders.length === opts.limits.holders) {
                throw new MaxLengthError('Decode error - repeated field "holders" had too many elements')
              }

              obj.holders.push(reader.bytes())
              break
            }
            case 3: {
              obj.target = reader.uint32()
              break
            }
            case 4: {
              obj.minCopies = reader.uint32()
              break
            }
            case 5: {
              obj.surrogates = PlacementPayload.Surrogates.codec().decode(reader)
              break
            }
            case 6: {
              if (opts.limits?.allowed != null && obj.allowed.length === opts.limits.allowed) {
                throw new MaxLengthError('Decode error - repeated field "allowed" had too many elements')
              }

              obj.allowed.push(reader.bytes())
              break
            }
            case 7: {
              obj.leaseS = reader.uint32()
              break
            }
            case 9: {
              obj.sinceSeq = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          holders: 0,
          allowed: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.version`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              if (opts.limits?.holders != null && obj.holders === opts.limits.holders) {
                throw new MaxLengthError('Streaming decode error - repeated field "holders" had too many elements')
              }

              yield {
                field: `${prefix}.holders[]`,
                index: obj.holders,
                value: reader.bytes()
              }

              obj.holders++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.target`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.minCopies`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.surrogates`,
                value: PlacementPayload.Surrogates.codec().decode(reader)
              }
              break
            }
            case 6: {
              if (opts.limits?.allowed != null && obj.allowed === opts.limits.allowed) {
                throw new MaxLengthError('Streaming decode error - repeated field "allowed" had too many elements')
              }

              yield {
                field: `${prefix}.allowed[]`,
                index: obj.allowed,
                value: reader.bytes()
              }

              obj.allowed++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.leaseS`,
                value: reader.uint32()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.sinceSeq`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PlacementPayloadVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface PlacementPayloadHoldersFieldEvent {
    field: '$.holders[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface PlacementPayloadTargetFieldEvent {
    field: '$.target'
    value: number
  }

  export interface PlacementPayloadMinCopiesFieldEvent {
    field: '$.minCopies'
    value: number
  }

  export interface PlacementPayloadSurrogatesFieldEvent {
    field: '$.surrogates'
    value: PlacementPayload.Surrogates
  }

  export interface PlacementPayloadAllowedFieldEvent {
    field: '$.allowed[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface PlacementPayloadLeaseSFieldEvent {
    field: '$.leaseS'
    value: number
  }

  export interface PlacementPayloadSinceSeqFieldEvent {
    field: '$.sinceSeq'
    value: number
  }

  export function encode (obj: Partial<PlacementPayload>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, PlacementPayload.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PlacementPayload>): PlacementPayload {
    return decodeMessage(buf, PlacementPayload.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PlacementPayload>): Generator<PlacementPayloadVersionFieldEvent | PlacementPayloadHoldersFieldEvent | PlacementPayloadTargetFieldEvent | PlacementPayloadMinCopiesFieldEvent | PlacementPayloadSurrogatesFieldEvent | PlacementPayloadAllowedFieldEvent | PlacementPayloadLeaseSFieldEvent | PlacementPayloadSinceSeqFieldEvent> {
    return streamMessage(buf, PlacementPayload.codec(), opts)
  }
}
