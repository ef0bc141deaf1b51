import { header } from './unsigned.ts'
import type { RecordHeader } from '@nara-stash/protocol'

export const old = header('old', 'a', 1)
export const best = header('best', 'a', 2)
export const other = header('other', 'b', 2, [old])
export const later = header('later', 'b', 3, [best])

export const tombstone: RecordHeader = { ...header('tombstone', 'b', 4, [best, later]), kind: 'tombstone', bodyLength: 0, bodyDigest: '' }
export const apart = header('apart', 'd', 2, [old])
export const reborn = header('reborn', 'c', 5, [tombstone])

export const FIRST = 5_000
