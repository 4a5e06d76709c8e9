import type { Engine, JobSpec, OutboxEntry, SubmitOutcome } from "@millrace/engine";
import type { Clock, KeyId, Random } from "@millrace/shared";
import { type WhyUnmoved, whyUnmoved } from "../policy/unmoved-entry.ts";
import { eventOf } from "./event.ts";
import { eventDeliveries } from "./event-deliveries.ts";
import { openAiEventOf } from "./openai-event.ts";
import { resultStatuses } from "./result-statuses.ts";

export interface MoveParts {
  readonly engine: Pick<Engine, "webhookEndpoints" | "submit" | "getFinished">;
  readonly clock: Clock;
  readonly random: Random;
}

/** An entry that stays, and what was refused, or why it could not be read. */
export interface UnmovedEntry {
  readonly entry: OutboxEntry;
  readonly why: WhyUnmoved;
  readonly refusals: readonly SubmitOutcome[];
  readonly error?: unknown;
}

export interface MovedEntries {
  /** Their deliveries are all stored: they may be taken out. */
  readonly moved: readonly OutboxEntry[];
  readonly unmoved: readonly UnmovedEntry[];
}

/**
 * Submits the deliveries of outbox entries. A crash before the entries are taken out only submits them again, and that
 * stores nothing twice. An entry that cannot be read concerns no other.
 */
export async function moveEntries(
  { engine, clock, random }: MoveParts,
  entries: readonly OutboxEntry[],
): Promise<MovedEntries> {
  const keys = [...new Set(entries.map(({ keyId }) => keyId))];
  const webhooks = await engine.webhookEndpoints.ofKeys(keys);
  const none = { endpoints: [] };
  const webhooksOf = (keyId: KeyId) => webhooks[keys.indexOf(keyId)] ?? none;
  const statuses = await resultStatuses(engine, entries, webhooksOf);
  const nowMs = clock.nowMs();
  const readable: { readonly entry: OutboxEntry; readonly jobs: readonly JobSpec[] }[] = [];
  const unmoved: UnmovedEntry[] = [];
  for (const entry of entries) {
    try {
      const ofOpenAi = openAiEventOf(entry, statuses.get(entry.subjectId));
      const events = [eventOf(entry), ...(ofOpenAi === undefined ? [] : [ofOpenAi])];
      const jobs = events.flatMap((event) =>
        eventDeliveries(event, webhooksOf(entry.keyId), { nowMs, random }),
      );
      readable.push({ entry, jobs });
    } catch (error) {
      unmoved.push({ entry, why: "unreadable", refusals: [], error });
    }
  }
  const submitted = readable.flatMap(({ jobs }) => jobs);
  const outcomes = (submitted.length === 0 ? [] : await engine.submit(submitted)).values();
  const moved: OutboxEntry[] = [];
  for (const { entry, jobs } of readable) {
    const ofEntry = jobs.flatMap(() => outcomes.next().value ?? []);
    const refusals = ofEntry.filter((outcome) => whyUnmoved(outcome) !== undefined);
    const reasons = new Set(refusals.map((outcome) => whyUnmoved(outcome)));
    // A delivery that may pass later keeps the entry of one that cannot.
    if (reasons.has("refused")) unmoved.push({ entry, why: "refused", refusals });
    else if (reasons.has("impossible")) unmoved.push({ entry, why: "impossible", refusals });
    else moved.push(entry);
  }
  return { moved, unmoved };
}
