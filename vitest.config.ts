import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
    reporters: ['default', './scripts/totals-reporter.ts'],
    pool: 'forks',
    // the tests with processes mostly wait for real time to pass
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 20_000
  }
})
