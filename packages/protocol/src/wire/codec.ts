export { decodeRequest, encodeRequest } from './request-codec.ts'
export type { DecodedRequest } from './request-codec.ts'
export { decodeResponse, encodeResponse } from './response-codec.ts'
export type { WireResponse } from './response-codec.ts'
