import { LOW_MEMORY, MEDIUM_MEMORY } from '../constants.ts'
import { machineMemory } from './machine-memory.ts'
import type { MEMORY_MODES } from '../constants.ts'

export type MemoryMode = keyof typeof MEMORY_MODES

/**
 * The mode for a machine, or a container, of `totalBytes` of memory: `low` below 512 MiB, `medium` below 2 GiB, else `high`.
 * `medium` if that is unknown.
 */
export function memoryModeFor (totalBytes: number | undefined): MemoryMode {
  if (totalBytes == null || !(totalBytes > 0)) {
    return 'medium'
  }

  return totalBytes < LOW_MEMORY ? 'low' : totalBytes < MEDIUM_MEMORY ? 'medium' : 'high'
}

/** The mode that suits the machine this runs on, or one of `totalBytes` of memory. */
export function detectMemoryMode (totalBytes: number | undefined = machineMemory()): MemoryMode {
  return memoryModeFor(totalBytes)
}
