import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface StashRequest {
  store?: Store
  fetch?: Fetch
  offer?: Offer
  challenge?: Challenge
  witness?: Witness
  release?: Release
}

export namespace StashRequest {
  let _codec: Codec<StashRequest>

  export const codec = (): Codec<StashRequest> => {
    if (_codec == null) {
      _codec = message<StashRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.release != null) {
          obj.witness = undefined
          obj.challenge = undefined
          obj.offer = undefined
          obj.fetch = undefined
          obj.store = undefined
        }

        if (obj.witness != null) {
          obj.release = undefined
          obj.challenge = undefined
          obj.offer = undefined
          obj.fetch = undefined
          obj.store = undefined
        }

        if (obj.challenge != null) {
          obj.release = undefined
          obj.witness = undefined
          obj.offer = undefined
          obj.fetch = undefined
          obj.store = undefined
        }

        if (obj.offer != null) {
          obj.release = undefined
          obj.witness = undefined
          obj.challenge = undefined
          obj.fetch = undefined
          obj.store = undefined
        }

        if (obj.fetch != null) {
          obj.release = undefined
          obj.witness = undefined
          obj.challenge = undefined
          obj.offer = undefined
          obj.store = undefined
        }

        if (obj.store != null) {
          obj.release = undefined
          obj.witness = undefined
          obj.challenge = undefined
          obj.offer = undefined
          obj.fetch = undefined
        }

        if (obj.store != null) {
          w.uint32(10)
          Store.codec().encode(obj.store, w)
        }

        if (obj.fetch != null) {
          w.uint32(18)
          Fetch.codec().encode(obj.fetch, w)
        }

        if (obj.offer != null) {
          w.uint32(26)
          Offer.codec().encode(obj.offer, w)
        }

        if (obj.challenge != null) {
          w.uint32(34)
          Challenge.codec().encode(obj.challenge, w)
        }

        if (obj.witness != null) {
          w.uint32(42)
          Witness.codec().encode(obj.witness, w)
        }

        if (obj.release != null) {
          w.uint32(50)
          Release.codec().encode(obj.release, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.store = Store.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.store
              })
              break
            }
            case 2: {
              obj.fetch = Fetch.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.fetch
              })
              break
            }
            case 3: {
              obj.offer = Offer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.offer
              })
              break
            }
            case 4: {
              obj.challenge = Challenge.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.challenge
              })
              break
            }
            case 5: {
              obj.witness = Witness.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.witness
              })
              break
            }
            case 6: {
              obj.release = Release.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.release
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.release != null) {
          delete obj.witness
          delete obj.challenge
          delete obj.offer
          delete obj.fetch
          delete obj.store
        }

        if (obj.witness != null) {
          delete obj.release
          delete obj.challenge
          delete obj.offer
          delete obj.fetch
          delete obj.store
        }

        if (obj.challenge != null) {
          delete obj.release
          delete obj.witness
          delete obj.offer
          delete obj.fetch
          delete obj.store
        }

        if (obj.offer != null) {
          delete obj.release
          delete obj.witness
          delete obj.challenge
          delete obj.fetch
          delete obj.store
        }

        if (obj.fetch != null) {
          delete obj.release
          delete obj.witness
          delete obj.challenge
          delete obj.offer
          delete obj.store
        }

        if (obj.store != null) {
          delete obj.release
          delete obj.witness
          delete obj.challenge
          delete obj.offer
          delete obj.fetch
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Store.codec().stream(reader, reader.uint32(), `${prefix}.store`, {
                limits: opts.limits?.store
              })

              break
            }
            case 2: {
              yield * Fetch.codec().stream(reader, reader.uint32(), `${prefix}.fetch`, {
                limits: opts.limits?.fetch
              })

              break
            }
            case 3: {
              yield * Offer.codec().stream(reader, reader.uint32(), `${prefix}.offer`, {
                limits: opts.limits?.offer
              })

              break
            }
            case 4: {
              yield * Challenge.codec().stream(reader, reader.uint32(), `${prefix}.challenge`, {
                limits: opts.limits?.challenge
              })

              break
            }
            case 5: {
              yield * Witness.codec().stream(reader, reader.uint32(), `${prefix}.witness`, {
                limits: opts.limits?.witness
              })

              break
            }
            case 6: {
              yield * Release.codec().stream(reader, reader.uint32(), `${prefix}.release`, {
                limits: opts.limits?.release
              })

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

  export interface StashRequestStoreRecordFieldEvent {
    field: '$.store.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestStorePlacementFieldEvent {
    field: '$.store.placement'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestStoreLiveHoldersFieldEvent {
    field: '$.store.liveHolders[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestStoreLeaseRemainingSFieldEvent {
    field: '$.store.leaseRemainingS'
    value: number
  }

  export interface StashRequestStoreBodyFieldEvent {
    field: '$.store.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestFetchWholeFieldEvent {
    field: '$.fetch.whole'
    value: boolean
  }

  export interface StashRequestOfferRecordFieldEvent {
    field: '$.offer.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestOfferPlacementFieldEvent {
    field: '$.offer.placement'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestOfferLiveHoldersFieldEvent {
    field: '$.offer.liveHolders[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestOfferLeaseRemainingSFieldEvent {
    field: '$.offer.leaseRemainingS'
    value: number
  }

  export interface StashRequestOfferDirectFieldEvent {
    field: '$.offer.direct'
    value: boolean
  }

  export interface StashRequestOfferMayBeDeletedFieldEvent {
    field: '$.offer.mayBeDeleted'
    value: boolean
  }

  export interface StashRequestChallengeOwnerFieldEvent {
    field: '$.challenge.owner'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestChallengeRecordIdFieldEvent {
    field: '$.challenge.recordId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestChallengeNonceFieldEvent {
    field: '$.challenge.nonce'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestWitnessBootFieldEvent {
    field: '$.witness.boot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestWitnessTwinFieldEvent {
    field: '$.witness.twin'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestReleaseOwnerFieldEvent {
    field: '$.release.owner'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestReleaseRecordIdFieldEvent {
    field: '$.release.recordId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashRequestReleaseReasonFieldEvent {
    field: '$.release.reason'
    value: Release.Reason
  }

  export function encode (obj: Partial<StashRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, StashRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StashRequest>): StashRequest {
    return decodeMessage(buf, StashRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StashRequest>): Generator<StashRequestStoreRecordFieldEvent | StashRequestStorePlacementFieldEvent | StashRequestStoreLiveHoldersFieldEvent | StashRequestStoreLeaseRemainingSFieldEvent | StashRequestStoreBodyFieldEvent | StashRequestFetchWholeFieldEvent | StashRequestOfferRecordFieldEvent | StashRequestOfferPlacementFieldEvent | StashRequestOfferLiveHoldersFieldEvent | StashRequestOfferLeaseRemainingSFieldEvent | StashRequestOfferDirectFieldEvent | StashRequestOfferMayBeDeletedFieldEvent | StashRequestChallengeOwnerFieldEvent | StashRequestChallengeRecordIdFieldEvent | StashRequestChallengeNonceFieldEvent | StashRequestWitnessBootFieldEvent | StashRequestWitnessTwinFieldEvent | StashRequestReleaseOwnerFieldEvent | StashRequestReleaseRecordIdFieldEvent | StashRequestReleaseReasonFieldEvent> {
    return streamMessage(buf, StashRequest.codec(), opts)
  }
}

export interface Store {
  record: Uint8Array<ArrayBuffer>
  placement: Uint8Array<ArrayBuffer>
  liveHolders: Uint8Array<ArrayBuffer>[]
  leaseRemainingS: number
  body?: Uint8Array<ArrayBuffer>
}

export namespace Store {
  let _codec: Codec<Store>

  export const codec = (): Codec<Store> => {
    if (_codec == null) {
      _codec = message<Store>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.record)
        }

        if ((obj.placement != null && obj.placement.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.placement)
        }

        if (obj.liveHolders != null && obj.liveHolders.length > 0) {
          for (const value of obj.liveHolders) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if ((obj.leaseRemainingS != null && obj.leaseRemainingS !== 0)) {
          w.uint32(32)
          w.uint32(obj.leaseRemainingS)
        }

        if (obj.body != null) {
          w.uint32(42)
          w.bytes(obj.body)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          record: uint8ArrayAlloc(0),
          placement: uint8ArrayAlloc(0),
          liveHolders: [],
          leaseRemainingS: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.record = reader.bytes()
              break
            }
            case 2: {
              obj.placement = reader.bytes()
              break
            }
            case 3: {
              if (opts.limits?.liveHolders != null && obj.liveHolders.length === opts.limits.liveHolders) {
                throw new MaxLengthError('Decode error - repeated field "liveHolders" had too many elements')
              }

              obj.liveHolders.push(reader.bytes())
              break
            }
            case 4: {
              obj.leaseRemainingS = reader.uint32()
              break
            }
            case 5: {
              obj.body = reader.bytes()
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
          liveHolders: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.record`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.placement`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              if (opts.limits?.liveHolders != null && obj.liveHolders === opts.limits.liveHolders) {
                throw new MaxLengthError('Streaming decode error - repeated field "liveHolders" had too many elements')
              }

              yield {
                field: `${prefix}.liveHolders[]`,
                index: obj.liveHolders,
                value: reader.bytes()
              }

              obj.liveHolders++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.leaseRemainingS`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.body`,
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

  export interface StoreRecordFieldEvent {
    field: '$.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StorePlacementFieldEvent {
    field: '$.placement'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoreLiveHoldersFieldEvent {
    field: '$.liveHolders[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoreLeaseRemainingSFieldEvent {
    field: '$.leaseRemainingS'
    value: number
  }

  export interface StoreBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Store>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Store.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Store>): Store {
    return decodeMessage(buf, Store.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Store>): Generator<StoreRecordFieldEvent | StorePlacementFieldEvent | StoreLiveHoldersFieldEvent | StoreLeaseRemainingSFieldEvent | StoreBodyFieldEvent> {
    return streamMessage(buf, Store.codec(), opts)
  }
}

export interface Fetch {
  whole: boolean
}

export namespace Fetch {
  let _codec: Codec<Fetch>

  export const codec = (): Codec<Fetch> => {
    if (_codec == null) {
      _codec = message<Fetch>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.whole != null && obj.whole !== false)) {
          w.uint32(8)
          w.bool(obj.whole)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          whole: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.whole = reader.bool()
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
                field: `${prefix}.whole`,
                value: reader.bool()
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

  export interface FetchWholeFieldEvent {
    field: '$.whole'
    value: boolean
  }

  export function encode (obj: Partial<Fetch>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Fetch.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Fetch>): Fetch {
    return decodeMessage(buf, Fetch.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Fetch>): Generator<FetchWholeFieldEvent> {
    return streamMessage(buf, Fetch.codec(), opts)
  }
}

export interface Offer {
  record: Uint8Array<ArrayBuffer>
  placement: Uint8Array<ArrayBuffer>
  liveHolders: Uint8Array<ArrayBuffer>[]
  leaseRemainingS: number
  direct: boolean
  mayBeDeleted: boolean
}

export namespace Offer {
  let _codec: Codec<Offer>

  export const codec = (): Codec<Offer> => {
    if (_codec == null) {
      _codec = message<Offer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.record)
        }

        if ((obj.placement != null && obj.placement.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.placement)
        }

        if (obj.liveHolders != null && obj.liveHolders.length > 0) {
          for (const value of obj.liveHolders) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if ((obj.leaseRemainingS != null && obj.leaseRemainingS !== 0)) {
          w.uint32(32)
          w.uint32(obj.leaseRemainingS)
        }

        if ((obj.direct != null && obj.direct !== false)) {
          w.uint32(40)
          w.bool(obj.direct)
        }

        if ((obj.mayBeDeleted != null && obj.mayBeDeleted !== false)) {
          w.uint32(48)
          w.bool(obj.mayBeDeleted)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          record: uint8ArrayAlloc(0),
          placement: uint8ArrayAlloc(0),
          liveHolders: [],
          leaseRemainingS: 0,
          direct: false,
          mayBeDeleted: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.record = reader.bytes()
              break
            }
            case 2: {
              obj.placement = reader.bytes()
              break
            }
            case 3: {
              if (opts.limits?.liveHolders != null && obj.liveHolders.length === opts.limits.liveHolders) {
                throw new MaxLengthError('Decode error - repeated field "liveHolders" had too many elements')
              }

              obj.liveHolders.push(reader.bytes())
              break
            }
            case 4: {
              obj.leaseRemainingS = reader.uint32()
              break
            }
            case 5: {
              obj.direct = reader.bool()
              break
            }
            case 6: {
              obj.mayBeDeleted = reader.bool()
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
          liveHolders: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.record`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.placement`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              if (opts.limits?.liveHolders != null && obj.liveHolders === opts.limits.liveHolders) {
                throw new MaxLengthError('Streaming decode error - repeated field "liveHolders" had too many elements')
              }

              yield {
                field: `${prefix}.liveHolders[]`,
                index: obj.liveHolders,
                value: reader.bytes()
              }

              obj.liveHolders++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.leaseRemainingS`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.direct`,
                value: reader.bool()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.mayBeDeleted`,
                value: reader.bool()
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

  export interface OfferRecordFieldEvent {
    field: '$.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OfferPlacementFieldEvent {
    field: '$.placement'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OfferLiveHoldersFieldEvent {
    field: '$.liveHolders[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface OfferLeaseRemainingSFieldEvent {
    field: '$.leaseRemainingS'
    value: number
  }

  export interface OfferDirectFieldEvent {
    field: '$.direct'
    value: boolean
  }

  export interface OfferMayBeDeletedFieldEvent {
    field: '$.mayBeDeleted'
    value: boolean
  }

  export function encode (obj: Partial<Offer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Offer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Offer>): Offer {
    return decodeMessage(buf, Offer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Offer>): Generator<OfferRecordFieldEvent | OfferPlacementFieldEvent | OfferLiveHoldersFieldEvent | OfferLeaseRemainingSFieldEvent | OfferDirectFieldEvent | OfferMayBeDeletedFieldEvent> {
    return streamMessage(buf, Offer.codec(), opts)
  }
}

export interface Challenge {
  owner: Uint8Array<ArrayBuffer>
  recordId: Uint8Array<ArrayBuffer>
  nonce: Uint8Array<ArrayBuffer>
}

export namespace Challenge {
  let _codec: Codec<Challenge>

  export const codec = (): Codec<Challenge> => {
    if (_codec == null) {
      _codec = message<Challenge>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.owner != null && obj.owner.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.owner)
        }

        if ((obj.recordId != null && obj.recordId.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.recordId)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.nonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          owner: uint8ArrayAlloc(0),
          recordId: uint8ArrayAlloc(0),
          nonce: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.owner = reader.bytes()
              break
            }
            case 2: {
              obj.recordId = reader.bytes()
              break
            }
            case 3: {
              obj.nonce = reader.bytes()
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
                field: `${prefix}.owner`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.recordId`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.nonce`,
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

  export interface ChallengeOwnerFieldEvent {
    field: '$.owner'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ChallengeRecordIdFieldEvent {
    field: '$.recordId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ChallengeNonceFieldEvent {
    field: '$.nonce'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Challenge>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Challenge.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Challenge>): Challenge {
    return decodeMessage(buf, Challenge.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Challenge>): Generator<ChallengeOwnerFieldEvent | ChallengeRecordIdFieldEvent | ChallengeNonceFieldEvent> {
    return streamMessage(buf, Challenge.codec(), opts)
  }
}

export interface Witness {
  boot?: Uint8Array<ArrayBuffer>
  twin?: Uint8Array<ArrayBuffer>
}

export namespace Witness {
  let _codec: Codec<Witness>

  export const codec = (): Codec<Witness> => {
    if (_codec == null) {
      _codec = message<Witness>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.boot != null) {
          w.uint32(10)
          w.bytes(obj.boot)
        }

        if (obj.twin != null) {
          w.uint32(18)
          w.bytes(obj.twin)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.boot = reader.bytes()
              break
            }
            case 2: {
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
                field: `${prefix}.boot`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
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

  export interface WitnessBootFieldEvent {
    field: '$.boot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WitnessTwinFieldEvent {
    field: '$.twin'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Witness>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Witness.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Witness>): Witness {
    return decodeMessage(buf, Witness.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Witness>): Generator<WitnessBootFieldEvent | WitnessTwinFieldEvent> {
    return streamMessage(buf, Witness.codec(), opts)
  }
}

export interface Release {
  owner: Uint8Array<ArrayBuffer>
  recordId: Uint8Array<ArrayBuffer>
  reason: Release.Reason
}

export namespace Release {
  export enum Reason {
    UNKNOWN = 'UNKNOWN',
    LEAVING = 'LEAVING',
    LEASE = 'LEASE',
    TRIMMED = 'TRIMMED',
    RELIEVED = 'RELIEVED'
  }

  enum __ReasonValues {
    UNKNOWN = 0,
    LEAVING = 1,
    LEASE = 2,
    TRIMMED = 3,
    RELIEVED = 4
  }

  export namespace Reason {
    export const codec = (): Codec<Reason> => {
      return enumeration<Reason>(__ReasonValues)
    }
  }

  let _codec: Codec<Release>

  export const codec = (): Codec<Release> => {
    if (_codec == null) {
      _codec = message<Release>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.owner != null && obj.owner.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.owner)
        }

        if ((obj.recordId != null && obj.recordId.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.recordId)
        }

        if (obj.reason != null && __ReasonValues[obj.reason] !== 0) {
          w.uint32(24)
          Release.Reason.codec().encode(obj.reason, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          owner: uint8ArrayAlloc(0),
          recordId: uint8ArrayAlloc(0),
          reason: Reason.UNKNOWN
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.owner = reader.bytes()
              break
            }
            case 2: {
              obj.recordId = reader.bytes()
              break
            }
            case 3: {
              obj.reason = Release.Reason.codec().decode(reader)
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
                field: `${prefix}.owner`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.recordId`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.reason`,
                value: Release.Reason.codec().decode(reader)
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

  export interface ReleaseOwnerFieldEvent {
    field: '$.owner'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ReleaseRecordIdFieldEvent {
    field: '$.recordId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ReleaseReasonFieldEvent {
    field: '$.reason'
    value: Release.Reason
  }

  export function encode (obj: Partial<Release>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Release.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Release>): Release {
    return decodeMessage(buf, Release.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Release>): Generator<ReleaseOwnerFieldEvent | ReleaseRecordIdFieldEvent | ReleaseReasonFieldEvent> {
    return streamMessage(buf, Release.codec(), opts)
  }
}

export interface StashResponse {
  status: StashResponse.Status
  record: Uint8Array<ArrayBuffer>
  placement: Uint8Array<ArrayBuffer>
  liveHolders: Uint8Array<ArrayBuffer>[]
  direct: boolean
  reason: StashResponse.Reason
  retryAfterMs: number
  body?: Uint8Array<ArrayBuffer>
  leaseRemainingS: number
  proof: Uint8Array<ArrayBuffer>
  leaving: boolean
  beside: Uint8Array<ArrayBuffer>
  mayBeDeleted: boolean
  besidePlacement: Uint8Array<ArrayBuffer>
}

export namespace StashResponse {
  export enum Status {
    UNKNOWN = 'UNKNOWN',
    SEND = 'SEND',
    STORED = 'STORED',
    HAVE = 'HAVE',
    STALE = 'STALE',
    CONFLICT = 'CONFLICT',
    REFUSED = 'REFUSED',
    FOUND = 'FOUND',
    NOT_FOUND = 'NOT_FOUND',
    WANTED = 'WANTED',
    NEWER = 'NEWER',
    RELIEVED = 'RELIEVED',
    PROOF = 'PROOF',
    OTHER = 'OTHER',
    BUSY = 'BUSY'
  }

  enum __StatusValues {
    UNKNOWN = 0,
    SEND = 1,
    STORED = 2,
    HAVE = 3,
    STALE = 4,
    CONFLICT = 5,
    REFUSED = 6,
    FOUND = 7,
    NOT_FOUND = 8,
    WANTED = 9,
    NEWER = 10,
    RELIEVED = 11,
    PROOF = 12,
    OTHER = 13,
    BUSY = 14
  }

  export namespace Status {
    export const codec = (): Codec<Status> => {
      return enumeration<Status>(__StatusValues)
    }
  }

  export enum Reason {
    NONE = 'NONE',
    AT_CAPACITY = 'AT_CAPACITY',
    TOO_LARGE = 'TOO_LARGE',
    NOT_TRUSTED = 'NOT_TRUSTED',
    DRAINING = 'DRAINING',
    RATE_LIMITED = 'RATE_LIMITED',
    OVER_QUOTA = 'OVER_QUOTA',
    UNSUPPORTED = 'UNSUPPORTED'
  }

  enum __ReasonValues {
    NONE = 0,
    AT_CAPACITY = 1,
    TOO_LARGE = 2,
    NOT_TRUSTED = 3,
    DRAINING = 4,
    RATE_LIMITED = 5,
    OVER_QUOTA = 6,
    UNSUPPORTED = 7
  }

  export namespace Reason {
    export const codec = (): Codec<Reason> => {
      return enumeration<Reason>(__ReasonValues)
    }
  }

  let _codec: Codec<StashResponse>

  export const codec = (): Codec<StashResponse> => {
    if (_codec == null) {
      _codec = message<StashResponse>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.status != null && __StatusValues[obj.status] !== 0) {
          w.uint32(8)
          StashResponse.Status.codec().encode(obj.status, w)
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.record)
        }

        if ((obj.placement != null && obj.placement.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.placement)
        }

        if (obj.liveHolders != null && obj.liveHolders.length > 0) {
          for (const value of obj.liveHolders) {
            w.uint32(34)
            w.bytes(value)
          }
        }

        if ((obj.direct != null && obj.direct !== false)) {
          w.uint32(40)
          w.bool(obj.direct)
        }

        if (obj.reason != null && __ReasonValues[obj.reason] !== 0) {
          w.uint32(48)
          StashResponse.Reason.codec().encode(obj.reason, w)
        }

        if ((obj.retryAfterMs != null && obj.retryAfterMs !== 0)) {
          w.uint32(56)
          w.uint32(obj.retryAfterMs)
        }

        if (obj.body != null) {
          w.uint32(66)
          w.bytes(obj.body)
        }

        if ((obj.leaseRemainingS != null && obj.leaseRemainingS !== 0)) {
          w.uint32(72)
          w.uint32(obj.leaseRemainingS)
        }

        if ((obj.proof != null && obj.proof.byteLength > 0)) {
          w.uint32(82)
          w.bytes(obj.proof)
        }

        if ((obj.leaving != null && obj.leaving !== false)) {
          w.uint32(88)
          w.bool(obj.leaving)
        }

        if ((obj.beside != null && obj.beside.byteLength > 0)) {
          w.uint32(98)
          w.bytes(obj.beside)
        }

        if ((obj.mayBeDeleted != null && obj.mayBeDeleted !== false)) {
          w.uint32(104)
          w.bool(obj.mayBeDeleted)
        }

        if ((obj.besidePlacement != null && obj.besidePlacement.byteLength > 0)) {
          w.uint32(114)
          w.bytes(obj.besidePlacement)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          status: Status.UNKNOWN,
          record: uint8ArrayAlloc(0),
          placement: uint8ArrayAlloc(0),
          liveHolders: [],
          direct: false,
          reason: Reason.NONE,
          retryAfterMs: 0,
          leaseRemainingS: 0,
          proof: uint8ArrayAlloc(0),
          leaving: false,
          beside: uint8ArrayAlloc(0),
          mayBeDeleted: false,
          besidePlacement: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.status = StashResponse.Status.codec().decode(reader)
              break
            }
            case 2: {
              obj.record = reader.bytes()
              break
            }
            case 3: {
              obj.placement = reader.bytes()
              break
            }
            case 4: {
              if (opts.limits?.liveHolders != null && obj.liveHolders.length === opts.limits.liveHolders) {
                throw new MaxLengthError('Decode error - repeated field "liveHolders" had too many elements')
              }

              obj.liveHolders.push(reader.bytes())
              break
            }
            case 5: {
              obj.direct = reader.bool()
              break
            }
            case 6: {
              obj.reason = StashResponse.Reason.codec().decode(reader)
              break
            }
            case 7: {
              obj.retryAfterMs = reader.uint32()
              break
            }
            case 8: {
              obj.body = reader.bytes()
              break
            }
            case 9: {
              obj.leaseRemainingS = reader.uint32()
              break
            }
            case 10: {
              obj.proof = reader.bytes()
              break
            }
            case 11: {
              obj.leaving = reader.bool()
              break
            }
            case 12: {
              obj.beside = reader.bytes()
              break
            }
            case 13: {
              obj.mayBeDeleted = reader.bool()
              break
            }
            case 14: {
              obj.besidePlacement = reader.bytes()
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
          liveHolders: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.status`,
                value: StashResponse.Status.codec().decode(reader)
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.record`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.placement`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              if (opts.limits?.liveHolders != null && obj.liveHolders === opts.limits.liveHolders) {
                throw new MaxLengthError('Streaming decode error - repeated field "liveHolders" had too many elements')
              }

              yield {
                field: `${prefix}.liveHolders[]`,
                index: obj.liveHolders,
                value: reader.bytes()
              }

              obj.liveHolders++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.direct`,
                value: reader.bool()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.reason`,
                value: StashResponse.Reason.codec().decode(reader)
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.retryAfterMs`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.leaseRemainingS`,
                value: reader.uint32()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.proof`,
                value: reader.bytes()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.leaving`,
                value: reader.bool()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.beside`,
                value: reader.bytes()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.mayBeDeleted`,
                value: reader.bool()
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.besidePlacement`,
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

  export interface StashResponseStatusFieldEvent {
    field: '$.status'
    value: StashResponse.Status
  }

  export interface StashResponseRecordFieldEvent {
    field: '$.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashResponsePlacementFieldEvent {
    field: '$.placement'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashResponseLiveHoldersFieldEvent {
    field: '$.liveHolders[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashResponseDirectFieldEvent {
    field: '$.direct'
    value: boolean
  }

  export interface StashResponseReasonFieldEvent {
    field: '$.reason'
    value: StashResponse.Reason
  }

  export interface StashResponseRetryAfterMsFieldEvent {
    field: '$.retryAfterMs'
    value: number
  }

  export interface StashResponseBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashResponseLeaseRemainingSFieldEvent {
    field: '$.leaseRemainingS'
    value: number
  }

  export interface StashResponseProofFieldEvent {
    field: '$.proof'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashResponseLeavingFieldEvent {
    field: '$.leaving'
    value: boolean
  }

  export interface StashResponseBesideFieldEvent {
    field: '$.beside'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StashResponseMayBeDeletedFieldEvent {
    field: '$.mayBeDeleted'
    value: boolean
  }

  export interface StashResponseBesidePlacementFieldEvent {
    field: '$.besidePlacement'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<StashResponse>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, StashResponse.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StashResponse>): StashResponse {
    return decodeMessage(buf, StashResponse.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StashResponse>): Generator<StashResponseStatusFieldEvent | StashResponseRecordFieldEvent | StashResponsePlacementFieldEvent | StashResponseLiveHoldersFieldEvent | StashResponseDirectFieldEvent | StashResponseReasonFieldEvent | StashResponseRetryAfterMsFieldEvent | StashResponseBodyFieldEvent | StashResponseLeaseRemainingSFieldEvent | StashResponseProofFieldEvent | StashResponseLeavingFieldEvent | StashResponseBesideFieldEvent | StashResponseMayBeDeletedFieldEvent | StashResponseBesidePlacementFieldEvent> {
    return streamMessage(buf, StashResponse.codec(), opts)
  }
}
