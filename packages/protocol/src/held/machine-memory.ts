/** The parts of Node's `process` that tell of memory. Bun and Deno have them, too; a browser has no `process`. */
export interface MemorySource {
  /** Bytes that the control group (v1 or v2) grants; 0, or more than 2^53, if it sets no limit. */
  constrainedMemory? (): number
  getBuiltinModule? (id: 'node:os'): { totalmem (): number } | undefined
}

/**
 * Bytes of memory that this process may have: the machine's, or less if a control group grants less. Undefined where the
 * platform does not tell.
 */
export function machineMemory (source: MemorySource | undefined = globalThis.process): number | undefined {
  const limits = [source?.constrainedMemory?.(), source?.getBuiltinModule?.('node:os')?.totalmem()]
    .filter((bytes): bytes is number => bytes != null && bytes > 0 && bytes <= Number.MAX_SAFE_INTEGER)

  return limits.length === 0 ? undefined : Math.min(...limits)
}
