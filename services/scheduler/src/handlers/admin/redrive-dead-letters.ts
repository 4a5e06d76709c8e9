import type { Engine } from "@millrace/engine";
import { type AdminService, RedriveDeadLettersRequestSchema } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { type Clock, sleep } from "@millrace/shared";
import { deadLetterFilterOf } from "../../messages/dead-letter-message.ts";
import { deadLetterGroups, GROUP } from "../../operators/dead-letter-groups.ts";
import { existingQueue } from "../../operators/queue-status.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import type { Operator } from "../../tokens/operator-tokens.ts";

/** The interval between groups if the request sets a rate: one second's jobs at once would be a burst. */
const STEP_MS = 100;

/** Reports its progress after each group. It stops when the caller leaves, and the remaining dead letters stay. */
export const redriveDeadLetters = (
  engine: Pick<Engine, "deadLetters" | "getQueue">,
  record: RecordChange,
  clock: Clock,
): Handler<(typeof AdminService)["method"]["redriveDeadLetters"], Operator> =>
  async function* (request, { signal, identity: by }) {
    const { filter, max, perSecond, dryRun } = request;
    const wanted = deadLetterFilterOf(filter);
    await existingQueue(engine, wanted.queue);
    if (!dryRun) {
      const change = { by, action: "RedriveDeadLetters", subject: wanted.queue, request };
      // Only the start is recorded. The caller has seen in the replies how far the redrive came.
      await record({ ...change, schema: RedriveDeadLettersRequestSchema }, async () => undefined);
    }
    const startedMs = clock.nowMs();
    const most = max === 0 ? Number.POSITIVE_INFINITY : max;
    const step = perSecond === 0 ? GROUP : Math.max(1, Math.floor((perSecond * STEP_MS) / 1_000));
    let matched = 0;
    let redriven = 0;
    let refused = 0;
    const report = (done: boolean) => ({
      matched: BigInt(matched),
      redriven: BigInt(redriven),
      refused: BigInt(refused),
      done,
    });
    for await (const group of deadLetterGroups(engine, wanted, startedMs)) {
      for (let from = 0; from < group.length && matched < most; from += step) {
        const letters = group.slice(from, Math.min(from + step, from + most - matched));
        if (!dryRun) {
          if (perSecond > 0) {
            const dueMs = startedMs + (matched * 1_000) / perSecond;
            await sleep(clock, Math.max(0, dueMs - clock.nowMs()), signal);
          }
          if (signal.aborted) return;
          const counts = await engine.deadLetters.redrive(letters);
          redriven += counts.redriven;
          refused += counts.refused;
        }
        matched += letters.length;
        yield report(false);
      }
      if (matched >= most) break;
    }
    yield report(true);
  };
