import type { Reporter, TestModule } from 'vitest/node'

/** Prints `N passed, N failed` as the last line of a run, the form that .ci/run sums up. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd (modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0
    let failed = unhandled.length

    for (const module of modules) {
      // a module that could not even be collected is a failure without tests of its own
      if (module.errors().length > 0) {
        failed++
      }

      for (const test of module.children.allTests()) {
        const { state } = test.result()

        if (state === 'passed') {
          passed++
        } else if (state === 'failed') {
          failed++
        }
      }
    }

    // the default reporter writes its summary in the same tick
    process.on('exit', () => { console.log(`${passed} passed, ${failed} failed`) })
  }
}
