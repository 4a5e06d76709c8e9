import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { metricNames } from "./names.ts";

/** From a cache hit to a long document: 5 ms to 10 min. */
const JOB_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const RPC_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

export type Metrics = ReturnType<typeof createMetrics>;

/** One registry and what is counted in it. Labels never hold a job or a key: their number is unbounded. */
export function createMetrics(options: { readonly processMetrics?: boolean } = {}) {
  const registry = new Registry();
  const registers = [registry];
  if (options.processMetrics ?? false) collectDefaultMetrics({ register: registry });
  const byType = ["queue", "type"] as const;
  return {
    registry,
    jobDuration: new Histogram({
      name: metricNames.jobDuration,
      help: "How long one attempt ran, from lease to settlement.",
      labelNames: byType,
      buckets: JOB_SECONDS,
      registers,
    }),
    jobWait: new Histogram({
      name: metricNames.jobWait,
      help: "How long a job was due before its first lease.",
      labelNames: byType,
      buckets: JOB_SECONDS,
      registers,
    }),
    jobsSubmitted: new Counter({
      name: metricNames.jobsSubmitted,
      help: "Jobs accepted; repeats of an idempotency key are not counted.",
      labelNames: byType,
      registers,
    }),
    jobsCompleted: new Counter({
      name: metricNames.jobsCompleted,
      help: "Jobs that succeeded.",
      labelNames: byType,
      registers,
    }),
    jobsFailed: new Counter({
      name: metricNames.jobsFailed,
      help: "Jobs that failed for good or missed their deadline, as a worker reported them.",
      labelNames: byType,
      registers,
    }),
    jobsRetried: new Counter({
      name: metricNames.jobsRetried,
      help: "Attempts that failed and will be tried again after a backoff.",
      labelNames: byType,
      registers,
    }),
    queueLength: new Gauge({
      name: metricNames.queueLength,
      help: "Jobs in a queue by state.",
      labelNames: ["queue", "state"] as const,
      registers,
    }),
    rpcCalls: new Counter({
      name: metricNames.rpcCalls,
      help: "Calls served, by method and status.",
      labelNames: ["method", "code"] as const,
      registers,
    }),
    rpcDuration: new Histogram({
      name: metricNames.rpcDuration,
      help: "How long calls took, by method; a stream counts from open to end.",
      labelNames: ["method"] as const,
      buckets: RPC_SECONDS,
      registers,
    }),
  };
}
