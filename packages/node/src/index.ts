export * from './errors.ts'
export type * from './api.ts'
export type { Nara, NaraOptions } from './nara-types.ts'
