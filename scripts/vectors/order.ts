import { behind, first, merged, newborn, second, third, tombstone, twin } from './records.ts'
import type { RecordVector } from './records.ts'

type Relation = 'same' | 'supersedes' | 'superseded' | 'conflict'

/** Worked by hand, not computed: they are what the rule is held to. */
const EXAMPLES: Array<[RecordVector, Relation, RecordVector, string]> = [
  [first, 'same', first, 'one id'],
  [second, 'supersedes', first, 'same boot, higher seq'],
  [first, 'superseded', second, 'the other way round'],
  [third, 'supersedes', second, 'its past names boot a1 up to seq 2'],
  [third, 'supersedes', first, 'what covers seq 2 of a boot covers seq 1 of it'],
  [newborn, 'conflict', first, 'neither knows the other; that both have seq 1 means nothing'],
  [newborn, 'conflict', third, 'a lower seq alone does not make a record older'],
  [behind, 'supersedes', first, 'its past names boot a1 up to seq 1'],
  [behind, 'conflict', second, 'a higher seq alone does not make a record newer'],
  [behind, 'conflict', third, 'the same seq, two branches'],
  [twin, 'conflict', second, 'one boot and seq, two contents: each covers the other'],
  [merged, 'supersedes', newborn, 'same boot, higher seq'],
  [merged, 'supersedes', third, 'its past names boot b2 up to seq 3'],
  [merged, 'supersedes', second, 'and boot a1 up to seq 2'],
  [merged, 'conflict', behind, 'nothing in it names boot d4'],
  [tombstone, 'supersedes', third, 'a tombstone is a record like any other'],
  [tombstone, 'conflict', merged, 'the same seq, two branches']
]

export function orderVectors (): object[] {
  return EXAMPLES.map(([a, relation, b, why]) => ({ a: a.name, relation, b: b.name, why }))
}
