import type { CounterGroup, Metrics } from '@libp2p/interface'

type Calculate = () => Record<string, number> | Promise<Record<string, number>>

/** Metrics of a host, as far as the groups go that the protocol registers. */
export class CountedMetrics {
  /** Sums by group and label. */
  readonly counters: Record<string, Record<string, number>> = {}
  readonly gauges: Record<string, Calculate> = {}

  registerCounterGroup (name: string): CounterGroup {
    const sums = this.counters[name] ??= {}

    return {
      increment: values => {
        for (const [label, by] of Object.entries(values)) {
          sums[label] = (sums[label] ?? 0) + (typeof by === 'number' ? by : 1)
        }
      },
      reset: () => {}
    }
  }

  registerMetricGroup (name: string, options?: { calculate?: Calculate }): object {
    if (options?.calculate != null) {
      this.gauges[name] = options.calculate
    }

    return quiet()
  }

  trackMultiaddrConnection (): void {}

  trackProtocolStream (): void {}

  registerMetric = quiet
  registerCounter = quiet
  registerHistogram = quiet
  registerHistogramGroup = quiet
  registerSummary = quiet
  registerSummaryGroup = quiet
  createTrace = (): undefined => undefined

  traceFunction <T> (_: string, traced: T): T {
    return traced
  }

  /** As a host takes it. */
  asMetrics (): Metrics {
    return this as unknown as Metrics
  }
}

/** Takes all values and does nothing with them. */
function quiet (): object {
  const ignore = (): void => {}

  return { update: ignore, increment: ignore, decrement: ignore, reset: ignore, observe: ignore, timer: () => ignore }
}
