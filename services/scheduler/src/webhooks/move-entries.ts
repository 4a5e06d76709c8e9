import type { Engine, OutboxEntry, SubmitOutcome } from "@millrace/engine";
import type { Clock, Random } from "@millrace/shared";
import { eventOf } from "./event.ts";
import { eventDeliveries } from "./event-deliveries.ts";

export interface MoveParts {
  readonly engine: Pick<Engine, "webhookEndpoints" | "submit">;
  readonly clock: Clock;
  readonly random: Random;
  /** Called for a delivery that its queue refuses. Its entry stays in the outbox, and is tried again. */
  readonly onRefused: (outcome: SubmitOutcome) => void;
}

/**
 * Submits the deliveries of outbox entries. Returns the entries whose deliveries are all stored: they may be taken out. A
 * crash before that only submits them again, and that stores nothing twice.
 */
export async function moveEntries(
  { engine, clock, random, onRefused }: MoveParts,
  entries: readonly OutboxEntry[],
): Promise<readonly OutboxEntry[]> {
  const keys = [...new Set(entries.map(({ keyId }) => keyId))];
  const webhooks = await engine.webhookEndpoints.ofKeys(keys);
  const nowMs = clock.nowMs();
  const none = { endpoints: [] };
  const deliveries = entries.map((entry) =>
    eventDeliveries(eventOf(entry), webhooks[keys.indexOf(entry.keyId)] ?? none, { nowMs, random }),
  );
  const jobs = deliveries.flat();
  const outcomes = (jobs.length === 0 ? [] : await engine.submit(jobs)).values();
  return entries.filter((_, index) => {
    const refused = (deliveries[index] ?? []).map(() => outcomes.next().value).filter(isRefusal);
    for (const outcome of refused) onRefused(outcome);
    return refused.length === 0;
  });
}

const isRefusal = (outcome: SubmitOutcome | undefined): outcome is SubmitOutcome =>
  outcome !== undefined && outcome.kind !== "accepted" && outcome.kind !== "existing";
