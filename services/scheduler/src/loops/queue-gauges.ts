import type {
  ConstraintKind,
  Engine,
  OutboxLength,
  ProviderAccountState,
  ProviderReport,
  QueueDefinition,
  QueueStats,
  QueueWaits,
} from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { SchedulerMetrics } from "@millrace/telemetry";
import type { JobLabels } from "../observing/job-labels.ts";
import { runOutcomes } from "../observing/job-observer.ts";
import type { LimitedKeys } from "../observing/limited-keys.ts";
import { bands } from "../policy/band-of.ts";
import { eachQueue } from "./each-queue.ts";

export interface QueueGaugesParts {
  readonly engine: Pick<
    Engine,
    "recentQueues" | "attendedQueues" | "stats" | "waits" | "providerAccounts" | "outbox"
  >;
  readonly metrics: SchedulerMetrics;
  readonly labels: JobLabels;
  readonly limitedKeys: LimitedKeys;
}

const states = ["scheduled", "running", "succeeded", "failed"] as const;
/** Whatever can hold a waiting job. A job behind others of its lane counts with what holds the lane. */
const constraints = Object.keys({
  SCHEDULED: true,
  QUEUE_PAUSED: true,
  KEY_REQUESTS: true,
  KEY_TOKENS: true,
  KEY_DAILY_TOKENS: true,
  KEY_CONCURRENCY: true,
  PROVIDER_REQUESTS: true,
  PROVIDER_TOKENS: true,
  PROVIDER_CONCURRENCY: true,
  PROVIDER_COOLDOWN: true,
  PROVIDER_EXHAUSTED: true,
  PROVIDER_DOWN: true,
  NO_ROUTE: true,
  CHILDREN: true,
  GROUP_IN_FLIGHT: true,
  NO_FREE_WORKER: true,
} satisfies Record<Exclude<ConstraintKind, "LANE_ORDER">, true>) as ConstraintKind[];
const accountStates: readonly ProviderAccountState[] = [
  ...(["CLOSED", "COOLING_DOWN", "HALF_OPEN", "EXHAUSTED"] as const),
];
const cooldownReasons: readonly ProviderReport["kind"][] = ["refused", "failed", "exhausted"];

/** For how many rounds the reading of a queue is shown in which nothing is unfinished. Retention still removes its jobs. */
const IDLE_ROUNDS = 12;

interface Reading {
  readonly queue: QueueDefinition;
  readonly round: number;
  readonly attended: boolean;
  readonly stats: QueueStats;
  readonly waits: QueueWaits;
  readonly outbox: OutboxLength;
}

type AccountReading = Awaited<ReturnType<Engine["providerAccounts"]["list"]>>[number];

/** Reads queues and provider accounts regularly, shows them as gauges, and counts what jobs wait for. */
export function startQueueGauges(parts: QueueGaugesParts, options: LoopOptions): Loop {
  const { engine, metrics, labels, limitedKeys } = parts;
  let beforeMs: number | undefined;
  const show = (readings: readonly Reading[], accounts: readonly AccountReading[]) => {
    const names = new Set(accounts.map(({ account }) => account.name));
    const nowMs = options.clock.nowMs();
    // The gauges are emptied and set in one turn, so that no scrape sees them empty.
    metrics.queueLength.reset();
    for (const { queue, stats, waits, outbox } of readings) {
      limitedKeys.seen(queue.name, waits.limitedKeys, nowMs);
      showQueue(metrics, queue.name, stats);
      metrics.outboxLength.set({ queue: queue.name }, outbox.fresh + outbox.setAside);
      metrics.outboxSetAside.set({ queue: queue.name }, outbox.setAside);
      showWaits(metrics, queue.name, waits, nowMs);
      for (const [pool, jobs] of poolLengths(waits, (pool) => labels.pool(pool, names))) {
        metrics.queueLength.set({ queue: queue.name, state: "queued", pool }, jobs);
      }
      const seconds = Math.max(0, nowMs - (beforeMs ?? nowMs)) / 1_000;
      for (const constraint of constraints) {
        const jobs = waits.jobs.get(constraint) ?? 0;
        metrics.waitedSeconds.inc({ queue: queue.name, constraint }, jobs * seconds);
      }
    }
    beforeMs = nowMs;
    showAccounts(
      metrics,
      accounts.map(({ account, state }) => ({ account: labels.account(account.name), state })),
    );
  };
  let round = 0;
  let before: ReadonlyMap<string, Reading> = new Map();
  return every(async () => {
    round += 1;
    const accounts = await engine.providerAccounts.list();
    const readings: Reading[] = [];
    const attended = new Set((await engine.attendedQueues()).map(({ name }) => name));
    const reading = eachQueue(await engine.recentQueues(), async (queue) => {
      labels.declare(queue.name, queue.types);
      const known = before.get(queue.name);
      const isAttended = attended.has(queue.name);
      if (known !== undefined && !isAttended && mayShowAgain(known, round)) {
        readings.push({ ...known, queue });
        return;
      }
      const [stats, waits, outbox] = await Promise.all([
        engine.stats(queue.name),
        engine.waits(queue.name),
        engine.outbox.length(queue.name),
      ]);
      readings.push({ queue, round, attended: isAttended, stats, waits, outbox });
    });
    // What could be read is shown, although another queue could not be.
    await reading.finally(() => {
      before = new Map(readings.map((one) => [one.queue.name, one]));
      show(readings, accounts);
    });
  }, options);
}

/** A reading from the time when the queue had unfinished jobs says nothing of the time after it. */
const mayShowAgain = ({ attended, round }: Reading, now: number): boolean =>
  !attended && now - round < IDLE_ROUNDS;

function showQueue(metrics: SchedulerMetrics, queue: string, stats: QueueStats): void {
  for (const state of states) metrics.queueLength.set({ queue, state, pool: "" }, stats[state]);
  for (const outcome of runOutcomes) metrics.scheduleRuns.inc({ queue, outcome }, 0);
  metrics.groupsUnfinished.set({ queue }, stats.groups);
  metrics.deadLetters.set({ queue }, stats.dead);
}

function showWaits(
  { jobsHeld, oldestWaiting }: SchedulerMetrics,
  queue: string,
  waits: QueueWaits,
  nowMs: number,
): void {
  for (const constraint of constraints) {
    jobsHeld.set({ queue, constraint }, waits.jobs.get(constraint) ?? 0);
  }
  for (const band of bands) {
    for (const limited of [false, true]) {
      const job = waits.oldest.find((one) => one.band === band && one.limited === limited);
      const seconds = job === undefined ? 0 : Math.max(0, nowMs - job.sinceMs) / 1_000;
      oldestWaiting.set({ queue, band, limited: limited ? "yes" : "no" }, seconds);
    }
  }
}

/** Queued jobs by the label of their pool. Pools without a label of their own are added up. */
function poolLengths(
  { queuedByPool }: QueueWaits,
  labelOf: (pool: string) => string,
): Map<string, number> {
  const lengths = new Map<string, number>([["", 0]]);
  for (const [pool, jobs] of queuedByPool) {
    const label = labelOf(pool);
    lengths.set(label, (lengths.get(label) ?? 0) + jobs);
  }
  return lengths;
}

function showAccounts(
  { accountState, providerCooldowns }: SchedulerMetrics,
  accounts: readonly { readonly account: string; readonly state: ProviderAccountState }[],
): void {
  // Accounts that were deleted are gone.
  accountState.reset();
  for (const { account, state: now } of accounts) {
    for (const state of accountStates) {
      accountState.inc({ account, state }, state === now ? 1 : 0);
    }
    for (const reason of cooldownReasons) providerCooldowns.inc({ account, reason }, 0);
  }
}
