import { metricNames } from "../names.ts";
import { ATTEMPT_SECONDS, byType, type MetricKinds, WAIT_SECONDS } from "./kinds.ts";
import { callMetrics } from "./service-metrics.ts";

export const schedulerMetrics = (kinds: MetricKinds) => ({
  ...callMetrics(kinds),
  jobCounters: jobCounters(kinds),
  ...attemptMetrics(kinds),
  ...queueMetrics(kinds),
  ...eventMetrics(kinds),
  ...dutyMetrics(kinds),
});

/** What happened to jobs. Each of them is born at 0 for each type. */
const jobCounters = ({ jobs }: MetricKinds) => ({
  jobsSubmitted: jobs(
    metricNames.jobsSubmitted,
    "Jobs accepted. Repeats of an idempotency key are not counted.",
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
  jobsHandedBack: jobs(
    metricNames.jobsHandedBack,
    "Attempts that workers handed back unfinished, such as while they drain. No attempt is spent.",
  ),
  jobsFannedOut: jobs(
    metricNames.jobsFannedOut,
    "Attempts that handed over children and ended to wait for them. No attempt is spent.",
  ),
  jobsStalled: jobs(metricNames.jobsStalled, "Attempts that lost their worker."),
  jobsCancelled: jobs(metricNames.jobsCancelled, "Jobs that were cancelled."),
  jobsExpired: jobs(
    metricNames.jobsExpired,
    "Jobs that did not start by their latest start, or did not finish by their deadline.",
  ),
});

const attemptMetrics = ({ counter, histogram }: MetricKinds) => ({
  jobDuration: histogram(
    metricNames.jobDuration,
    "How long one attempt ran, from lease to settlement.",
    [...byType],
    ATTEMPT_SECONDS,
  ),
  jobWait: histogram(
    metricNames.jobWait,
    "How long a job was due before each of its leases. limited: whether a limit of its own key held it.",
    ["queue", "band", "limited"],
    WAIT_SECONDS,
  ),
  tokens: counter(metricNames.tokens, "Tokens that attempts reported, by direction.", [
    ...byType,
    "direction",
  ]),
  spend: counter(metricNames.spend, "US dollars that attempts cost whose price was known.", [
    ...byType,
  ]),
  outputChunks: counter(metricNames.outputChunks, "Chunks of output stored.", ["queue"]),
  outputBytes: counter(metricNames.outputBytes, "Bytes of output stored.", ["queue"]),
});

const queueMetrics = ({ counter, gauge }: MetricKinds) => ({
  queueLength: gauge(
    metricNames.queueLength,
    "Jobs in a queue by state, and queued ones by pool.",
    ["queue", "state", "pool"],
  ),
  jobsHeld: gauge(metricNames.jobsHeld, "Waiting jobs, by the constraint that holds them now.", [
    "queue",
    "constraint",
  ]),
  waitedSeconds: counter(
    metricNames.waitedSeconds,
    "Seconds that jobs have waited, by the constraint that held them.",
    ["queue", "constraint"],
  ),
  keyBudgetUsed: gauge(
    metricNames.keyBudgetUsed,
    "The part of a key's limit that is used now, of the 20 limits of which most is used.",
    ["key_id", "queue", "limit"],
  ),
  connectedSlots: gauge(
    metricNames.connectedSlots,
    "Slots of the workers that are connected to this scheduler and do not drain. A worker counts in each queue and pool.",
    ["queue", "pool"],
  ),
  oldestWaiting: gauge(
    metricNames.oldestWaiting,
    "How long the job has been due that has waited longest. limited: whether a limit of its own key holds it.",
    ["queue", "band", "limited"],
  ),
  deadLetters: gauge(metricNames.deadLetters, "Dead letters that are kept.", ["queue"]),
  groupsCreated: counter(metricNames.groupsCreated, "Groups created.", ["queue"]),
  groupsFinished: counter(metricNames.groupsFinished, "Groups finished.", ["queue", "state"]),
  groupsUnfinished: gauge(
    metricNames.groupsUnfinished,
    "Groups that have not finished, or whose children are being cancelled.",
    ["queue"],
  ),
  lanesHeld: counter(
    metricNames.lanesHeld,
    "Lanes whose first job began to wait for a constraint, by constraint.",
    ["queue", "constraint"],
  ),
  jobsRepaired: counter(
    metricNames.jobsRepaired,
    "Jobs that the scheduler repaired: they were in no place, or held what they should not hold.",
    ["queue"],
  ),
  providerCooldowns: counter(
    metricNames.providerCooldowns,
    "Cool-downs of provider accounts, by reason. Each failed probe counts again.",
    ["account", "reason"],
  ),
  accountState: gauge(
    metricNames.accountState,
    "1 for the state that a provider account is in, 0 for the others.",
    ["account", "state"],
  ),
});

/** What schedules submit, and what webhooks wait for. */
const eventMetrics = ({ counter, gauge, histogram }: MetricKinds) => ({
  scheduleRuns: counter(metricNames.scheduleRuns, "Due runs of schedules, by outcome.", [
    "queue",
    "outcome",
  ]),
  scheduleLag: histogram(
    metricNames.scheduleLag,
    "How long after its due time and jitter a schedule's job was submitted.",
    ["queue"],
    ATTEMPT_SECONDS,
  ),
  outboxLength: gauge(
    metricNames.outboxLength,
    "Ends of jobs and groups whose deliveries are not stored yet.",
    ["queue"],
  ),
  outboxSetAside: gauge(
    metricNames.outboxSetAside,
    "Those of them whose deliveries could not be stored, and are tried again.",
    ["queue"],
  ),
  outboxDropped: counter(
    metricNames.outboxDropped,
    "Ends of jobs and groups that were dropped, by the reason why their deliveries could not be stored.",
    ["reason"],
  ),
  deliveriesRefused: counter(
    metricNames.deliveriesRefused,
    "Deliveries of webhooks that their queue refused, each time.",
    [],
  ),
});

const dutyMetrics = ({ counter, gauge }: MetricKinds) => ({
  jobsShed: counter(metricNames.jobsShed, "Jobs refused because Redis has little memory left.", []),
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
});
