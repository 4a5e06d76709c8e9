import type { KeyPortions } from "../budgets/key-portions.ts";
import type { JobSettings } from "../jobs/contract.ts";
import type { EngineParts } from "../redis/parts.ts";
import { stampOf } from "../redis/stamp.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import { auditEngine } from "./audit-engine.ts";
import type { Audits } from "./contract.ts";
import { repairFindings } from "./repair.ts";
import { strays } from "./strays.ts";

export interface AuditsParts extends EngineParts<JobSettings> {
  readonly queues: () => Promise<readonly JobSettings[]>;
  readonly portions: Pick<KeyPortions, "giveBack">;
}

export function openAudits(opened: AuditsParts): Audits {
  const { redis, rootPrefix, clock, shards, queues, portions } = opened;
  const stray = strays(redis, rootPrefix, (queue) => shards.ofQueue(queue));
  return {
    async audit(options) {
      return auditEngine(redis, rootPrefix, await queues(), clock.nowMs(), options).catch(
        (error: unknown) => {
          throw asStoreFault(error, "running the audit");
        },
      );
    },
    async *repair(findings) {
      const parts = { redis, rootPrefix, portions, queues: await queues(), ...stampOf(clock) };
      yield* repairFindings(parts, findings);
    },
    returnStrays: () =>
      stray.look(stampOf(clock)).catch((error: unknown) => {
        throw asStoreFault(error, "looking for stray jobs");
      }),
  };
}
