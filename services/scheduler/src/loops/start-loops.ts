import type { Engine } from "@millrace/engine";
import type { Scope } from "@millrace/runtime";
import type { LoopOptions, Random } from "@millrace/shared";
import type { Logger, SchedulerMetrics } from "@millrace/telemetry";
import type { JobObserver, ObserverKnowledge } from "../observing/job-observer.ts";
import { reportUnmoved } from "../observing/report-unmoved.ts";
import type { MemoryPressure } from "../policy/memory-pressure.ts";
import type { StoredBytesBound } from "../policy/stored-bytes.ts";
import type { PodApi } from "../scaling/pod-api.ts";
import { runSchedules } from "../schedules/run-schedules.ts";
import type { AllWorkers } from "../session/all-workers.ts";
import type { ConnectedWorkers } from "../session/connected-workers.ts";
import type { LeaseTokens } from "../session/lease-tokens.ts";
import type { OutageLog } from "../store/outage-log.ts";
import { startCircuits } from "./circuits.ts";
import { startDeletionCosts } from "./deletion-costs.ts";
import { startGroupTender } from "./group-tender.ts";
import { startKeyUse } from "./key-use.ts";
import { logMemoryChange, startMemoryWatch } from "./memory-watch.ts";
import { startOutboxMover } from "./outbox-mover.ts";
import { startPolicySync } from "./policy-sync.ts";
import { startPromoter } from "./promoter.ts";
import { startPruner } from "./pruner.ts";
import { startQueueGauges } from "./queue-gauges.ts";
import { startReaper } from "./reaper.ts";
import { startRenewFiles } from "./renew-files.ts";
import { startSchedules } from "./schedules.ts";
import { startStrays } from "./strays.ts";
import { startSubmissionLines } from "./submission-lines.ts";
import { startUnknownPools } from "./unknown-pools.ts";
import { startWorkerRoster } from "./worker-roster.ts";

const GAUGES_EVERY_MS = 5_000;
const POLICY_SYNC_EVERY_MS = 5_000;
const MEMORY_EVERY_MS = 1_000;
const GROUPS_EVERY_MS = 1_000;
/** How late a schedule may be noticed that another scheduler has created. */
const SCHEDULES_EVERY_MS = 1_000;
const STRAYS_EVERY_MS = 2_000;
const RENEW_FILES_EVERY_MS = 1_000;
const ROSTER_EVERY_MS = 5_000;
const OUTBOX_EVERY_MS = 1_000;
const SUBMISSIONS_EVERY_MS = 60_000;
const KEY_USE_EVERY_MS = 15_000;
const CIRCUITS_EVERY_MS = 10_000;
const UNKNOWN_POOLS_EVERY_MS = 15_000;

export interface LoopParts {
  readonly engine: Engine;
  readonly connected: ConnectedWorkers;
  readonly allWorkers: AllWorkers;
  readonly observer: JobObserver;
  readonly random: Random;
  readonly leaseTokens: LeaseTokens;
  readonly pressure: MemoryPressure;
  readonly storedBytes: StoredBytesBound;
  readonly metrics: SchedulerMetrics;
  readonly knowledge: ObserverKnowledge;
  readonly log: Logger;
  readonly outages: OutageLog;
  /** Finds the Kubernetes API. Throws outside of Kubernetes. */
  readonly pods: () => PodApi;
  readonly config: {
    readonly reapEveryMs: number;
    readonly promoteEveryMs: number;
    readonly pruneEveryMs: number;
    readonly schedulerId: string;
    readonly podDeletionCostMs: number | undefined;
  };
}

/** Starts all duties that a scheduler has besides its calls. They end with the program. */
export function startLoops(scope: Pick<Scope, "use">, parts: LoopParts): void {
  const {
    engine,
    connected,
    allWorkers,
    leaseTokens,
    pressure,
    storedBytes,
    metrics,
    log,
    outages,
    config,
  } = parts;
  const loop = (name: string, everyMs: number): LoopOptions => {
    metrics.loopFailures.inc({ loop: name }, 0);
    return {
      clock: engine.clock,
      everyMs,
      onError: (error: unknown) => {
        metrics.loopFailures.inc({ loop: name });
        if (!outages.noted(error)) log.error({ error, loop: name }, "a round failed");
      },
    };
  };
  scope.use(startReaper(engine, loop("reaper", config.reapEveryMs)));
  scope.use(startPromoter(engine, loop("promoter", config.promoteEveryMs)));
  scope.use(startPruner(engine, loop("pruner", config.pruneEveryMs)));
  scope.use(startGroupTender(engine, loop("groups", GROUPS_EVERY_MS)));
  const due = { engine, observer: parts.observer, pressure, clock: engine.clock, log };
  scope.use(
    startSchedules(
      engine,
      (schedules) => runSchedules({ ...due, random: parts.random }, schedules),
      loop("schedules", SCHEDULES_EVERY_MS),
    ),
  );
  scope.use(startPolicySync(engine, leaseTokens, loop("policy-sync", POLICY_SYNC_EVERY_MS)));
  scope.use(startStrays(engine, metrics.jobsRepaired, loop("strays", STRAYS_EVERY_MS)));
  scope.use(startCircuits(engine, loop("circuits", CIRCUITS_EVERY_MS)));
  scope.use(startRenewFiles(engine, log, loop("renew-files", RENEW_FILES_EVERY_MS)));
  const outbox = { engine, clock: engine.clock, random: parts.random };
  const mover = {
    ...outbox,
    holder: allWorkers.publishedAs,
    onUnmoved: reportUnmoved(metrics, log),
  };
  scope.use(startOutboxMover(mover, loop("outbox", OUTBOX_EVERY_MS)));
  scope.use(
    startMemoryWatch(
      { engine, pressure, storedBytes, metrics, onChange: logMemoryChange(log) },
      loop("memory-watch", MEMORY_EVERY_MS),
    ),
  );
  const gauges = loop("queue-gauges", GAUGES_EVERY_MS);
  scope.use(startQueueGauges({ engine, metrics, ...parts.knowledge }, gauges));
  scope.use(
    startWorkerRoster({ connected, allWorkers, metrics }, loop("worker-roster", ROSTER_EVERY_MS)),
  );
  const pools = loop("unknown-pools", UNKNOWN_POOLS_EVERY_MS);
  scope.use(startUnknownPools(engine, connected, log, pools));
  scope.use(startSubmissionLines(parts.observer, loop("submissions", SUBMISSIONS_EVERY_MS)));
  scope.use(startKeyUse(engine, metrics, loop("key-use", KEY_USE_EVERY_MS)));
  const { podDeletionCostMs } = config;
  if (podDeletionCostMs !== undefined)
    scope.use(
      startDeletionCosts(connected, parts.pods(), loop("deletion-costs", podDeletionCostMs)),
    );
}
