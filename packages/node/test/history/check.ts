import { apply } from './apply.ts'
import { Facts } from './facts.ts'
import { RULES } from './rules.ts'
import type { Entry } from './entries.ts'

export interface Violation {
  rule: string
  at: number
  says: string
}

/** Holds a history against the rules. Each rule speaks once: what follows from the first breach is no news. */
export function check (entries: readonly Entry[]): Violation[] {
  const facts = new Facts()
  const violations: Violation[] = []
  const spoken = new Set<string>()

  for (const entry of entries) {
    const told = (name: string, list: string[] = []): void => {
      const [says] = list

      if (says != null && !spoken.has(name)) {
        spoken.add(name)
        violations.push({ rule: name, at: entry.at, says })
      }
    }

    RULES.forEach(({ name, before }) => { told(name, before?.(facts, entry)) })
    apply(facts, entry)
    RULES.forEach(({ name, after }) => { told(name, after?.(facts, entry)) })
  }

  return violations
}
