import { Counter, Gauge, Histogram, type OpenMetricsContentType, type Registry } from "prom-client";

/** From a cache hit to a long document: 5 ms to 1 h. */
export const ATTEMPT_SECONDS = [
  0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600,
];
/** A job may wait for a limit of a whole day. */
export const WAIT_SECONDS = [
  0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 14_400, 43_200,
  86_400,
];
export const CALL_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60,
];
/** From a model that thinks first to one that is served from a cache. */
export const TOKENS_PER_SECOND = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];

export const byType = ["queue", "type"] as const;

/** Makes the metrics of one registry. */
export function metricKinds(registry: Registry<OpenMetricsContentType>) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  return {
    counter,
    gauge: <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Gauge({ name, help, labelNames, registers }),
    /** A gauge of one value, which is measured at each reading. */
    measured: (
      name: string,
      help: string,
      labels: Readonly<Record<string, string>>,
      measure: () => number,
    ) =>
      new Gauge({
        ...{ name, help, labelNames: Object.keys(labels), registers },
        collect() {
          this.set(labels, measure());
        },
      }),
    /** Its observations may carry the trace that they belong to, as an exemplar. */
    histogram: <Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      buckets: number[],
    ) => new Histogram({ name, help, labelNames, buckets, registers, enableExemplars: true }),
    jobs: (name: string, help: string) => counter(name, help, [...byType]),
  };
}

export type MetricKinds = ReturnType<typeof metricKinds>;
