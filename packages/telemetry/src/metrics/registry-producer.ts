import { type HrTime, ValueType } from "@opentelemetry/api";
import { emptyResource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { Registry } from "prom-client";

type Labels = Readonly<Record<string, string | number>>;

interface Sample {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}

interface Shown {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly Sample[];
}

const at = (ms: number): HrTime => [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];

/** The samples of a histogram, which prom-client lists one by one, by the labels that they share. */
function histograms({ name, values }: Shown): { labels: Labels; value: Histogram }[] {
  const found = new Map<
    string,
    { labels: Labels; bounds: number[]; upTo: number[]; sum: number; count: number }
  >();
  for (const { labels: all, metricName, value } of values) {
    const { le, ...labels } = all;
    const key = JSON.stringify(labels);
    const one = found.get(key) ?? { labels, bounds: [], upTo: [], sum: 0, count: 0 };
    found.set(key, one);
    if (metricName === `${name}_sum`) one.sum = value;
    else if (metricName === `${name}_count`) one.count = value;
    else {
      if (le !== "+Inf") one.bounds.push(Number(le));
      one.upTo.push(value);
    }
  }
  return [...found.values()].map(({ labels, bounds: boundaries, upTo, sum, count }) => {
    // OTLP counts each bucket for itself, Prometheus with all below it.
    const counts = upTo.map((value, index) => value - (upTo[index - 1] ?? 0));
    return { labels, value: { buckets: { boundaries, counts }, sum, count } };
  });
}

/** Reads the metrics of a prom-client registry for OpenTelemetry's exporters, under the same names. */
export function registryProducer(registry: Registry, clock: { nowMs(): number }): MetricProducer {
  const startTime = at(clock.nowMs());
  return {
    async collect() {
      const endTime = at(clock.nowMs());
      const point = <T>(attributes: Labels, value: T): DataPoint<T> => ({
        ...{ startTime, endTime, attributes, value },
      });
      const numbers = (values: readonly Sample[]) =>
        values.map(({ labels, value }) => point(labels, value));
      const shown = (await registry.getMetricsAsJSON()) as unknown as readonly Shown[];
      const metrics = shown.flatMap((metric): MetricData[] => {
        const { name, help: description, type, values } = metric;
        const valueType = ValueType.DOUBLE;
        const descriptor = { name, description, unit: "", valueType };
        const aggregationTemporality = AggregationTemporality.CUMULATIVE;
        const of = { descriptor, aggregationTemporality };
        if (type === "counter") {
          const dataPointType = DataPointType.SUM;
          return [{ ...of, dataPointType, isMonotonic: true, dataPoints: numbers(values) }];
        }
        if (type === "gauge") {
          return [{ ...of, dataPointType: DataPointType.GAUGE, dataPoints: numbers(values) }];
        }
        if (type !== "histogram") return [];
        const dataPoints = histograms(metric).map(({ labels, value }) => point(labels, value));
        return [{ ...of, dataPointType: DataPointType.HISTOGRAM, dataPoints }];
      });
      const scopeMetrics = [{ scope: { name: "millrace" }, metrics }];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}
