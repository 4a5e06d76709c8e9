import { type OpenMetricsContentType, Registry } from "prom-client";

/** What a registry shows of a metric. */
interface Shown {
  readonly name: string;
  readonly type: string;
  getForPromString?(): Promise<{ readonly name: string }>;
  get(): Promise<{ readonly name: string }>;
}

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

/** OpenMetrics names a counter without the suffix that its samples have. */
const family = (metric: Pick<Shown, "name" | "type">) =>
  metric.type === "counter" ? metric.name.replace(/_total$/, "") : metric.name;

/**
 * Shows the metrics of a registry in the format that the reader accepts: OpenMetrics, which has exemplars, or Prometheus' text.
 * A registry of prom-client has one format, and writing OpenMetrics would rename its counters. So OpenMetrics has a registry of
 * its own, which reads the same metrics.
 */
export function metricsPages(registry: Registry): (accept: string) => Promise<MetricsPage> {
  const open = () => {
    const other = new Registry<OpenMetricsContentType>();
    other.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    for (const metric of registry.getMetricsAsArray() as unknown as readonly Shown[]) {
      const read = async () => {
        const data = await (metric.getForPromString?.() ?? metric.get());
        return { ...data, name: family(metric) };
      };
      const shown = { name: family(metric), type: metric.type, getForPromString: read, get: read };
      other.registerMetric(shown as never);
    }
    return other;
  };
  return async (accept) => {
    const chosen = accept.includes("application/openmetrics-text") ? open() : registry;
    return { contentType: chosen.contentType, body: await chosen.metrics() };
  };
}
