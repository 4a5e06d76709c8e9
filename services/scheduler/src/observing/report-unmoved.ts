import type { Logger, SchedulerMetrics } from "@millrace/telemetry";
import type { WhyUnmoved } from "../policy/unmoved-entry.ts";
import type { MoveShardParts } from "../webhooks/move-shard.ts";

const reasons: readonly WhyUnmoved[] = ["refused", "unreadable", "impossible"];

/** Counts and logs the entries of outboxes that could not be moved: one line for a batch, with its first entry. */
export function reportUnmoved(metrics: SchedulerMetrics, log: Logger): MoveShardParts["onUnmoved"] {
  for (const reason of reasons) metrics.outboxDropped.inc({ reason }, 0);
  return (kind, entries, { queue, shard }) => {
    const refusals = entries.flatMap((one) => one.refusals);
    metrics.deliveriesRefused.inc(refusals.length);
    const [first] = entries;
    if (first === undefined) return;
    const { subjectId: subject, eventType, keyId: key_id, asideMs } = first.entry;
    const fields = {
      ...{ queue, shard, entries: entries.length, subject, event_type: eventType, key_id },
      ...{ reason: first.why, refusal: first.refusals[0], error: first.error },
    };
    if (kind === "drop") {
      for (const { why } of entries) metrics.outboxDropped.inc({ reason: why });
      log.error(fields, "ends of jobs were dropped from the outbox: their webhooks are not sent");
      return;
    }
    // An entry that is tried again has been logged before.
    if (asideMs !== undefined) return;
    log.warn(fields, "webhooks could not be queued: they are tried again for a day");
  };
}
