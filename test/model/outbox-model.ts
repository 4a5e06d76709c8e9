/** What must be delivered, as it is seen from outside: each end of a subscribed key's jobs and groups, and nothing else. */
import type { Engine, JobRecord } from "@millrace/engine";
import {
  type Clock,
  type GroupId,
  type JobId,
  type KeyId,
  type QueueName,
  systemRandom as random,
  WEBHOOK_QUEUE,
} from "@millrace/shared";
import { expect } from "vitest";
import { defineWebhookQueue } from "../../services/scheduler/src/webhooks/define-queue.ts";
import { deliveryLabels } from "../../services/scheduler/src/webhooks/delivery-job.ts";
import { moveEntries } from "../../services/scheduler/src/webhooks/move-entries.ts";

/** Where a scheduler dies while it moves entries. */
export type MoveCrash = "never" | "before submit" | "before takeOut";

const finals: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]);
const endpoint = { id: "we_model", url: "https://receiver.example/", name: "", eventTypes: [] };

export class OutboxModel {
  readonly #engine: Engine;
  readonly #queue: QueueName;
  readonly #keyId: KeyId;
  /** The ends that were seen: "subject type". */
  readonly #ends = new Set<string>();

  constructor(engine: Engine, queue: QueueName, keyId: KeyId) {
    this.#engine = engine;
    this.#queue = queue;
    this.#keyId = keyId;
  }

  async subscribe(): Promise<void> {
    await defineWebhookQueue(this.#engine);
    await this.#engine.webhookEndpoints.create(
      {
        ...{ ...endpoint, keyId: this.#keyId, includeResult: false, enabled: true },
        ...{ createdMs: 1, updatedMs: 1, secrets: [] },
      },
      50,
    );
  }

  /** Looks for ends that have come since the last look. */
  async look(jobIds: readonly JobId[], groupIds: readonly GroupId[]): Promise<void> {
    for (const job of await this.#engine.getJobs(jobIds, "summary")) {
      if (job !== undefined && finals.has(job.state)) this.#ends.add(endOf("job", job));
    }
    for (const group of await this.#engine.getGroups(groupIds)) {
      // The groups of fan-outs are a matter between a job and its workers.
      if (group === undefined || group.parentId !== undefined) continue;
      if (finals.has(group.state)) this.#ends.add(endOf("group", group));
    }
  }

  /** Moves up to `count` entries, as one scheduler does that may die at any time. Returns how many it read. */
  async move(engine: Engine, clock: Clock, crash: MoveCrash, count: number): Promise<number> {
    const shard = { queue: this.#queue, shard: 0 };
    // Every mover is a new one, and none waits for another.
    const read = await engine.outbox.read(shard, { holder: "model", holdMs: 1_000, count });
    if (read.kind === "held") throw new Error("the only holder is held off");
    if (crash === "before submit") return read.entries.length;
    const onRefused = () => expect.unreachable("a delivery was refused");
    const moved = await moveEntries({ engine, clock, random, onRefused }, read.entries);
    if (crash === "never") {
      await engine.outbox.takeOut(
        shard,
        moved.map(({ entryId }) => entryId),
      );
    }
    return read.entries.length;
  }

  /** Checks at the end that each end has exactly one delivery, and that nothing is left. */
  async finished(clock: Clock): Promise<void> {
    while ((await this.move(this.#engine, clock, "never", 50)) > 0);
    expect(await this.#engine.outbox.length(this.#queue)).toBe(0);
    const deliveries = await this.#deliveries();
    const ended = deliveries.map(
      ({ labels }) => `${labels[deliveryLabels.subjectId]} ${labels[deliveryLabels.eventType]}`,
    );
    expect(ended.sort()).toEqual([...this.#ends].sort());
    const events = deliveries.map(({ labels }) => labels[deliveryLabels.eventId]);
    expect(new Set(events).size, "events with an id of their own").toBe(events.length);
  }

  async #deliveries(): Promise<readonly JobRecord[]> {
    const queue = WEBHOOK_QUEUE as QueueName;
    const all: JobRecord[] = [];
    let pageToken: string | undefined;
    do {
      const filter = { queue, keyId: this.#keyId, pageSize: 500 };
      const page = await this.#engine.listJobs({ ...filter, ...(pageToken && { pageToken }) });
      all.push(...page.jobs);
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    return all;
  }
}

const endOf = (
  kind: "job" | "group",
  { id, state }: { readonly id: string; readonly state: string },
) => `${id} ${kind}.${state.toLowerCase()}`;
