import { decodeMessage, encodeMessage, enumeration, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface PresenceMessage {
  kind: PresenceMessage.Kind
  boot: Uint8Array<ArrayBuffer>
  n: number
  state: PresenceMessage.State
  accepting: boolean
  uptimeS: number
  memory: PresenceMessage.Memory
  maxBytes: number
  name: string
  peerRecord?: Uint8Array<ArrayBuffer>
  watermark?: Uint8Array<ArrayBuffer>
  onDisk: boolean
  twin?: Uint8Array<ArrayBuffer>
}

export namespace PresenceMessage {
  export enum Kind {
    UNKNOWN = 'UNKNOWN',
    HEY_THERE = 'HEY_THERE',
    HERE = 'HERE',
    CHAU = 'CHAU'
  }

  enum __KindValues {
    UNKNOWN = 0,
    HEY_THERE = 1,
    HERE = 2,
    CHAU = 3
  }

  export namespace Kind {
    export const codec = (): Codec<Kind> => {
      return enumeration<Kind>(__KindValues)
    }
  }

  export enum State {
    NO_STASH = 'NO_STASH',
    SEARCHING = 'SEARCHING',
    RECOVERING = 'RECOVERING',
    SETTLED = 'SETTLED',
    EMPTY = 'EMPTY',
    DOUBTFUL = 'DOUBTFUL'
  }

  enum __StateValues {
    NO_STASH = 0,
    SEARCHING = 1,
    RECOVERING = 2,
    SETTLED = 3,
    EMPTY = 4,
    DOUBTFUL = 5
  }

  export namespace State {
    export const codec = (): Codec<State> => {
      return enumeration<State>(__StateValues)
    }
  }

  export enum Memory {
    UNTOLD = 'UNTOLD',
    LOW = 'LOW',
    MEDIUM = 'MEDIUM',
    HIGH = 'HIGH'
  }

  enum __MemoryValues {
    UNTOLD = 0,
    LOW = 1,
    MEDIUM = 2,
    HIGH = 3
  }

  export namespace Memory {
    export const codec = (): Codec<Memory> => {
      return enumeration<Memory>(__MemoryValues)
    }
  }

  let _codec: Codec<PresenceMessage>

  export const codec = (): Codec<PresenceMessage> => {
    if (_codec == null) {
      _codec = message<PresenceMessage>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.kind != null && __KindValues[obj.kind] !== 0) {
          w.uint32(8)
          PresenceMessage.Kind.codec().encode(obj.kind, w)
        }

        if ((obj.boot != null && obj.boot.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.boot)
        }

        if ((obj.n != null && obj.n !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.n)
        }

        if (obj.state != null && __StateValues[obj.state] !== 0) {
          w.uint32(32)
          PresenceMessage.State.codec().encode(obj.state, w)
        }

        if ((obj.accepting != null && obj.accepting !== false)) {
          w.uint32(40)
          w.bool(obj.accepting)
        }

        if ((obj.uptimeS != null && obj.uptimeS !== 0)) {
          w.uint32(48)
          w.uint32(obj.uptimeS)
        }

        if (obj.memory != null && __MemoryValues[obj.memory] !== 0) {
          w.uint32(56)
          PresenceMessage.Memory.codec().encode(obj.memory, w)
        }

        if ((obj.maxBytes != null && obj.maxBytes !== 0)) {
          w.uint32(64)
          w.uint64Number(obj.maxBytes)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(74)
          w.string(obj.name)
        }

        if (obj.peerRecord != null) {
          w.uint32(82)
          w.bytes(obj.peerRecord)
        }

        if (obj.watermark != null) {
          w.uint32(90)
          w.bytes(obj.watermark)
        }

        if ((obj.onDisk != null && obj.onDisk !== false)) {
          w.uint32(104)
          w.bool(obj.onDisk)
        }

        if (obj.twin != null) {
          w.uint32(114)
          w.bytes(obj.twin)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          kind: Kind.UNKNOWN,
          boot: uint8ArrayAlloc(0),
          n: 0,
          state: State.NO_STASH,
          accepting: false,
          uptimeS: 0,
          memory: Memory.UNTOLD,
          maxBytes: 0,
          name: '',
          onDisk: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.kind = PresenceMessage.Kind.codec().decode(reader)
              break
            }
            case 2: {
              obj.boot = reader.bytes()
              break
            }
            case 3: {
              obj.n = reader.uint64Number()
              break
            }
            case 4: {
              obj.state = PresenceMessage.State.codec().decode(reader)
              break
            }
            case 5: {
              obj.accepting = reader.bool()
              break
            }
            case 6: {
              obj.uptimeS = reader.uint32()
              break
            }
            case 7: {
              obj.memory = PresenceMessage.Memory.codec().decode(reader)
              break
            }
            case 8: {
              obj.maxBytes = reader.uint64Number()
              break
            }
            case 9: {
              obj.name = reader.string()
              break
            }
            case 10: {
              obj.peerRecord = reader.bytes()
              break
            }
            case 11: {
              obj.watermark = reader.bytes()
              break
            }
            case 13: {
              obj.onDisk = reader.bool()
              break
            }
            case 14: {
              obj.twin = reader.bytes()
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
                field: `${prefix}.kind`,
                value: PresenceMessage.Kind.codec().decode(reader)
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.boot`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.n`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.state`,
                value: PresenceMessage.State.codec().decode(reader)
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.accepting`,
                value: reader.bool()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.uptimeS`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.memory`,
                value: PresenceMessage.Memory.codec().decode(reader)
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.maxBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.peerRecord`,
                value: reader.bytes()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.watermark`,
                value: reader.bytes()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.onDisk`,
                value: reader.bool()
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.twin`,
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

  export interface PresenceMessageKindFieldEvent {
    field: '$.kind'
    value: PresenceMessage.Kind
  }

  export interface PresenceMessageBootFieldEvent {
    field: '$.boot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PresenceMessageNFieldEvent {
    field: '$.n'
    value: number
  }

  export interface PresenceMessageStateFieldEvent {
    field: '$.state'
    value: PresenceMessage.State
  }

  export interface PresenceMessageAcceptingFieldEvent {
    field: '$.accepting'
    value: boolean
  }

  export interface PresenceMessageUptimeSFieldEvent {
    field: '$.uptimeS'
    value: number
  }

  export interface PresenceMessageMemoryFieldEvent {
    field: '$.memory'
    value: PresenceMessage.Memory
  }

  export interface PresenceMessageMaxBytesFieldEvent {
    field: '$.maxBytes'
    value: number
  }

  export interface PresenceMessageNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface PresenceMessagePeerRecordFieldEvent {
    field: '$.peerRecord'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PresenceMessageWatermarkFieldEvent {
    field: '$.watermark'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PresenceMessageOnDiskFieldEvent {
    field: '$.onDisk'
    value: boolean
  }

  export interface PresenceMessageTwinFieldEvent {
    field: '$.twin'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<PresenceMessage>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, PresenceMessage.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PresenceMessage>): PresenceMessage {
    return decodeMessage(buf, PresenceMessage.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PresenceMessage>): Generator<PresenceMessageKindFieldEvent | PresenceMessageBootFieldEvent | PresenceMessageNFieldEvent | PresenceMessageStateFieldEvent | PresenceMessageAcceptingFieldEvent | PresenceMessageUptimeSFieldEvent | PresenceMessageMemoryFieldEvent | PresenceMessageMaxBytesFieldEvent | PresenceMessageNameFieldEvent | PresenceMessagePeerRecordFieldEvent | PresenceMessageWatermarkFieldEvent | PresenceMessageOnDiskFieldEvent | PresenceMessageTwinFieldEvent> {
    return streamMessage(buf, PresenceMessage.codec(), opts)
  }
}
