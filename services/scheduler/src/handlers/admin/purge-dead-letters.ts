import type { Engine } from "@millrace/engine";
import { type AdminService, PurgeDeadLettersRequestSchema } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { deadLetterFilterOf } from "../../messages/dead-letter-message.ts";
import { deadLetterGroups } from "../../operators/dead-letter-groups.ts";
import { existingQueue } from "../../operators/queue-status.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import type { Operator } from "../../tokens/operator-tokens.ts";

export const purgeDeadLetters =
  (
    engine: Pick<Engine, "deadLetters" | "getQueue">,
    record: RecordChange,
    clock: Clock,
  ): Handler<(typeof AdminService)["method"]["purgeDeadLetters"], Operator> =>
  async (request, { signal, identity: by }) => {
    const { filter, dryRun } = request;
    const wanted = deadLetterFilterOf(filter);
    await existingQueue(engine, wanted.queue);
    const purge = async () => {
      let purged = 0;
      for await (const group of deadLetterGroups(engine, wanted, clock.nowMs())) {
        if (signal.aborted) break;
        purged += dryRun
          ? group.length
          : await engine.deadLetters.remove(group.map(({ job }) => job.id));
      }
      return { purged: BigInt(purged) };
    };
    if (dryRun) return purge();
    const change = { by, action: "PurgeDeadLetters", subject: wanted.queue, request };
    return record({ ...change, schema: PurgeDeadLettersRequestSchema }, purge);
  };
