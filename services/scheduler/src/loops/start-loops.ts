import type { Engine } from "@millrace/engine";
import type { Scope } from "@millrace/runtime";
import type { Logger, Metrics } from "@millrace/telemetry";
import type { JobObserver } from "../observing/job-observer.ts";
import type { MemoryPressure } from "../policy/memory-pressure.ts";
import type { StoredBytesBound } from "../policy/stored-bytes.ts";
import type { LeaseTokens } from "../session/lease-tokens.ts";
import type { LoopOptions } from "./every.ts";
import { startGroupTender } from "./group-tender.ts";
import { startKeyUse } from "./key-use.ts";
import { logMemoryChange, startMemoryWatch } from "./memory-watch.ts";
import { startPolicySync } from "./policy-sync.ts";
import { startPromoter } from "./promoter.ts";
import { startPruner } from "./pruner.ts";
import { startQueueLength } from "./queue-length.ts";
import { startReaper } from "./reaper.ts";
import { startRenewFiles } from "./renew-files.ts";
import { startStrays } from "./strays.ts";
import { startSubmissionLines } from "./submission-lines.ts";

const LENGTH_EVERY_MS = 5_000;
const POLICY_SYNC_EVERY_MS = 5_000;
const MEMORY_EVERY_MS = 1_000;
const GROUPS_EVERY_MS = 1_000;
const STRAYS_EVERY_MS = 2_000;
const RENEW_FILES_EVERY_MS = 1_000;
const SUBMISSIONS_EVERY_MS = 60_000;
const KEY_USE_EVERY_MS = 15_000;

export interface LoopParts {
  readonly engine: Engine;
  readonly observer: Pick<JobObserver, "logSubmissions">;
  readonly leaseTokens: LeaseTokens;
  readonly pressure: MemoryPressure;
  readonly storedBytes: StoredBytesBound;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly config: {
    readonly reapEveryMs: number;
    readonly promoteEveryMs: number;
    readonly pruneEveryMs: number;
  };
}

/** Starts all duties that a scheduler has besides its calls. They end with the program. */
export function startLoops(scope: Pick<Scope, "use">, parts: LoopParts): void {
  const { engine, observer, leaseTokens, pressure, storedBytes, metrics, log, config } = parts;
  const loop = (name: string, everyMs: number): LoopOptions => ({
    clock: engine.clock,
    everyMs,
    onError: (error: unknown) => {
      metrics.loopFailures.inc({ loop: name });
      log.error({ error, loop: name }, "a round failed");
    },
  });
  scope.use(startReaper(engine, loop("reaper", config.reapEveryMs)));
  scope.use(startPromoter(engine, loop("promoter", config.promoteEveryMs)));
  scope.use(startPruner(engine, loop("pruner", config.pruneEveryMs)));
  scope.use(startGroupTender(engine, loop("groups", GROUPS_EVERY_MS)));
  scope.use(startPolicySync(engine, leaseTokens, loop("policy-sync", POLICY_SYNC_EVERY_MS)));
  scope.use(startStrays(engine, metrics.jobsRepaired, loop("strays", STRAYS_EVERY_MS)));
  scope.use(startRenewFiles(engine, log, loop("renew-files", RENEW_FILES_EVERY_MS)));
  scope.use(
    startMemoryWatch(
      { engine, pressure, storedBytes, metrics, onChange: logMemoryChange(log) },
      loop("memory-watch", MEMORY_EVERY_MS),
    ),
  );
  scope.use(startSubmissionLines(observer, loop("submissions", SUBMISSIONS_EVERY_MS)));
  scope.use(startKeyUse(engine, metrics, loop("key-use", KEY_USE_EVERY_MS)));
  const length = loop("queue-length", LENGTH_EVERY_MS);
  scope.use(startQueueLength(engine, metrics, length));
}
