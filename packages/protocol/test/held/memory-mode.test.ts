import { totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import { LOW_MEMORY, MEDIUM_MEMORY, MEMORY_MODES } from '../../src/constants.ts'
import { machineMemory } from '../../src/held/machine-memory.ts'
import { detectMemoryMode, memoryModeFor } from '../../src/held/memory-mode.ts'

const GIB = 2 ** 30

function os (bytes: number): { getBuiltinModule: () => { totalmem: () => number } } {
  return { getBuiltinModule: () => ({ totalmem: () => bytes }) }
}

describe('the memory mode', () => {
  it.each([
    [1, 'low'], [LOW_MEMORY - 1, 'low'],
    [LOW_MEMORY, 'medium'], [MEDIUM_MEMORY - 1, 'medium'],
    [MEDIUM_MEMORY, 'high'], [64 * GIB, 'high'],
    [undefined, 'medium'], [0, 'medium'], [-1, 'medium'], [Number.NaN, 'medium']
  ])('for %s bytes is %s', (bytes, mode) => {
    expect(memoryModeFor(bytes)).toBe(mode)
  })

  it('is that of the bytes given, or of this machine', () => {
    expect(detectMemoryMode(LOW_MEMORY - 1)).toBe('low')
    expect(detectMemoryMode()).toBe(memoryModeFor(machineMemory()))
    expect(Object.keys(MEMORY_MODES)).toContain(detectMemoryMode())
  })
})

describe('the memory of a machine', () => {
  it('is what the control group grants, if that is less', () => {
    expect(machineMemory({ ...os(8 * GIB), constrainedMemory: () => GIB })).toBe(GIB)
    expect(machineMemory({ ...os(GIB), constrainedMemory: () => 8 * GIB })).toBe(GIB)
  })

  it.each([
    ['v2 or none at all', 0], ['v1', 9_223_372_036_854_771_712], ['neither', 2 ** 64]
  ])('is all of it where the control group sets no limit (%s)', (_, unlimited) => {
    expect(machineMemory({ ...os(8 * GIB), constrainedMemory: () => unlimited })).toBe(8 * GIB)
    expect(machineMemory({ constrainedMemory: () => unlimited })).toBeUndefined()
  })

  it('is unknown where nothing tells', () => {
    expect(machineMemory({})).toBeUndefined()
    expect(machineMemory({ getBuiltinModule: () => undefined })).toBeUndefined()
  })

  it('is known here, and not more than the machine has', () => {
    expect(machineMemory()).toBeGreaterThan(0)
    expect(machineMemory()).toBeLessThanOrEqual(totalmem())
  })
})
