import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { deadLetterGroups } from "./dead-letter-groups.ts";
import { deadLetterFilterOf } from "./dead-letter-message.ts";
import { existingQueue } from "./queue-status.ts";

export const purgeDeadLetters =
  (
    engine: Pick<Engine, "deadLetters" | "getQueue">,
    clock: Clock,
  ): Handler<(typeof AdminService)["method"]["purgeDeadLetters"], undefined> =>
  async ({ filter, dryRun }, { signal }) => {
    const wanted = deadLetterFilterOf(filter);
    await existingQueue(engine, wanted.queue);
    let purged = 0;
    for await (const group of deadLetterGroups(engine, wanted, clock.nowMs())) {
      if (signal.aborted) break;
      purged += dryRun
        ? group.length
        : await engine.deadLetters.remove(group.map(({ job }) => job.id));
    }
    return { purged: BigInt(purged) };
  };
