import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
    reporters: ['default', './scripts/totals-reporter.ts'],
    pool: 'forks',
    // the tests with processes mostly wait for real time to pass
    maxWorkers: 4,
    // what must be fast says so itself; this ends what hangs, also where a test gets a tenth of a core
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
