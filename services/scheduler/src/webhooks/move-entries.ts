import type { Engine, OutboxEntry, SubmitOutcome } from "@millrace/engine";
import type { Clock, Random } from "@millrace/shared";
import { eventOf } from "./event.ts";
import { eventDeliveries } from "./event-deliveries.ts";

export interface MoveParts {
  readonly engine: Pick<Engine, "webhookEndpoints" | "submit">;
  readonly clock: Clock;
  readonly random: Random;
  /** Called with deliveries that their queue refuses. Their entries stay in the outbox, and are tried again. */
  readonly onRefused: (outcomes: readonly SubmitOutcome[]) => void;
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
  const refused: SubmitOutcome[] = [];
  const moved = entries.filter((_, index) => {
    const refusals = (deliveries[index] ?? []).map(() => outcomes.next().value).filter(isRefusal);
    refused.push(...refusals);
    return refusals.length === 0;
  });
  if (refused.length > 0) onRefused(refused);
  return moved;
}

const isRefusal = (outcome: SubmitOutcome | undefined): outcome is SubmitOutcome =>
  outcome !== undefined && outcome.kind !== "accepted" && outcome.kind !== "existing";
