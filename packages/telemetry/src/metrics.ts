import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { metricNames } from "./names.ts";

/** The buckets reach from a cache hit to a long document: 5 ms to 10 min. */
const JOB_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const RPC_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

export type Metrics = ReturnType<typeof createMetrics>;

/** Creates one registry with all metrics. No label holds a job, because their number is unbounded; keys only where their number is bounded. */
export function createMetrics(options: { readonly processMetrics?: boolean } = {}) {
  const registry = new Registry();
  if (options.processMetrics ?? false) collectDefaultMetrics({ register: registry });
  const kinds = metricKinds(registry);
  return { registry, ...jobMetrics(kinds), ...serviceMetrics(kinds) };
}

const byType = ["queue", "type"] as const;

function metricKinds(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  return {
    registers,
    counter,
    gauge: <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Gauge({ name, help, labelNames, registers }),
    jobs: (name: string, help: string) => counter(name, help, [...byType]),
  };
}

type MetricKinds = ReturnType<typeof metricKinds>;

/** Metrics about jobs. */
function jobMetrics({ registers, counter, jobs }: MetricKinds) {
  return {
    jobDuration: new Histogram({
      name: metricNames.jobDuration,
      help: "How long one attempt ran, from lease to settlement.",
      labelNames: byType,
      buckets: JOB_SECONDS,
      registers,
    }),
    jobWait: new Histogram({
      name: metricNames.jobWait,
      help: "How long a job was due before each of its leases.",
      labelNames: byType,
      buckets: JOB_SECONDS,
      registers,
    }),
    jobsSubmitted: jobs(
      metricNames.jobsSubmitted,
      "Jobs accepted. Repeats of an idempotency key are not counted.",
    ),
    jobsShed: counter(
      metricNames.jobsShed,
      "Jobs refused because Redis has little memory left.",
      [],
    ),
    jobsLeased: jobs(metricNames.jobsLeased, "Attempts started."),
    jobsCompleted: jobs(metricNames.jobsCompleted, "Jobs that succeeded."),
    jobsFailed: jobs(metricNames.jobsFailed, "Jobs that failed for good."),
    jobsRetried: jobs(
      metricNames.jobsRetried,
      "Attempts that failed and are followed by another attempt after a backoff.",
    ),
    jobsBounced: jobs(
      metricNames.jobsBounced,
      "Attempts that a provider's refusal or outage ended. The job waits again, and no attempt is spent.",
    ),
    providerCooldowns: counter(
      metricNames.providerCooldowns,
      "Cool-downs of provider accounts, by reason. Each failed probe counts again.",
      ["reason"],
    ),
    jobsHandedBack: jobs(
      metricNames.jobsHandedBack,
      "Attempts that workers handed back unfinished, such as while they drain. No attempt is spent.",
    ),
    jobsFannedOut: jobs(
      metricNames.jobsFannedOut,
      "Attempts that handed over children and ended to wait for them. No attempt is spent.",
    ),
    lanesHeld: counter(
      metricNames.lanesHeld,
      "Times that a lane was held, by the constraint that holds it.",
      ["queue", "constraint"],
    ),
    jobsStalled: jobs(metricNames.jobsStalled, "Attempts that lost their worker."),
    jobsRepaired: counter(
      metricNames.jobsRepaired,
      "Jobs that the scheduler repaired: they were in no place, or held what they should not hold.",
      ["queue"],
    ),
    jobsCancelled: jobs(metricNames.jobsCancelled, "Jobs that were cancelled."),
    jobsExpired: jobs(
      metricNames.jobsExpired,
      "Jobs that did not start by their latest start, or did not finish by their deadline.",
    ),
    tokens: counter(metricNames.tokens, "Tokens that attempts reported, by direction.", [
      ...byType,
      "direction",
    ]),
  };
}

/** Metrics about the services. */
function serviceMetrics({ registers, counter, gauge }: MetricKinds) {
  return {
    outputChunks: counter(metricNames.outputChunks, "Chunks of output stored.", ["queue"]),
    outputBytes: counter(metricNames.outputBytes, "Bytes of output stored.", ["queue"]),
    groupsCreated: counter(metricNames.groupsCreated, "Groups created.", ["queue"]),
    groupsFinished: counter(metricNames.groupsFinished, "Groups finished.", ["queue", "state"]),
    groupsUnfinished: gauge(
      metricNames.groupsUnfinished,
      "Groups that have not finished, or whose children are being cancelled.",
      ["queue"],
    ),
    queueLength: gauge(metricNames.queueLength, "Jobs in a queue by state.", ["queue", "state"]),
    keyBudgetUsed: gauge(
      metricNames.keyBudgetUsed,
      "The part of a key's limit that is used now, of the 20 limits of which most is used.",
      ["key_id", "queue", "limit"],
    ),
    redisMemoryUsed: gauge(
      metricNames.redisMemoryUsed,
      "Memory in use in the fullest Redis server.",
      [],
    ),
    redisMemoryLimit: gauge(
      metricNames.redisMemoryLimit,
      "The maxmemory setting of the fullest Redis server. 0 if it is not set.",
      [],
    ),
    loopFailures: counter(
      metricNames.loopFailures,
      "Failed rounds of the scheduler's background duties.",
      ["loop"],
    ),
    reloadFailed: gauge(
      metricNames.reloadFailed,
      "1 if the last reload of the configuration file could not be applied, else 0.",
      [],
    ),
    awaitedJobs: gauge(
      metricNames.awaitedJobs,
      "Jobs whose end is awaited: by callers in a gateway, by gateways in a scheduler.",
      [],
    ),
    relayedChunks: counter(metricNames.relayedChunks, "Chunks of output sent to watchers.", []),
    relayedBytes: counter(metricNames.relayedBytes, "Bytes of output sent to watchers.", []),
    workerSlots: gauge(metricNames.workerSlots, "Slots of this worker, by use.", ["use"]),
    workerAttempts: counter(
      metricNames.workerAttempts,
      "Attempts that ended in this worker, by outcome.",
      [...byType, "outcome"],
    ),
    providerCallDuration: new Histogram({
      name: metricNames.providerCallDuration,
      help: "How long calls of a model provider took, by outcome.",
      labelNames: ["provider", "outcome"] as const,
      buckets: JOB_SECONDS,
      registers,
    }),
    rpcCalls: counter(metricNames.rpcCalls, "Calls served, by method and status.", [
      "method",
      "code",
    ]),
    rpcDuration: new Histogram({
      name: metricNames.rpcDuration,
      help: "How long calls took, by method. A stream counts from its start to its end.",
      labelNames: ["method"] as const,
      buckets: RPC_SECONDS,
      registers,
    }),
  };
}
