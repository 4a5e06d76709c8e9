/** What must be delivered, as it is seen from outside: each end of a subscribing key's jobs and groups, and nothing else. */
import { isDeepStrictEqual } from "node:util";
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
import { moveShard } from "../../services/scheduler/src/webhooks/move-shard.ts";

/** How one scheduler moves entries. */
export interface Move {
  /** Where it dies. */
  readonly crash: "never" | "before submit" | "before takeOut";
  /** How many entries it reads before it dies or ends. */
  readonly count: number;
  /** It cannot read what entries say. */
  readonly blind: boolean;
}

class Died extends Error {}

const finals: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]);
const deliveries = WEBHOOK_QUEUE as QueueName;
const endpoint = { url: "https://receiver.example/", name: "", eventTypes: [] };

export class OutboxModel {
  readonly #engine: Engine;
  readonly #queue: QueueName;
  readonly #shards: number;
  readonly #keyIds: readonly KeyId[];
  /** The ends that were seen: "subject type". */
  readonly #ends = new Set<string>();

  constructor(engine: Engine, queue: QueueName, shards: number, keyIds: readonly KeyId[]) {
    this.#engine = engine;
    this.#queue = queue;
    this.#shards = shards;
    this.#keyIds = keyIds;
  }

  async subscribe(): Promise<void> {
    await defineWebhookQueue(this.#engine);
    for (const keyId of this.#keyIds) {
      await this.#engine.webhookEndpoints.create(
        {
          ...{ ...endpoint, id: `we_${keyId}`, keyId, includeResult: false, enabled: true },
          ...{ createdMs: 1, updatedMs: 1, secrets: [] },
        },
        50,
      );
    }
  }

  /** Changes how many deliveries of a key may wait. More are refused. */
  async setRoom(maxDepthPerKey: number): Promise<void> {
    await this.#engine.defineQueue({ name: deliveries, maxDepthPerKey });
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

  /** Moves entries of all shards, as one scheduler does that may die at any time. */
  async move(engine: Engine, clock: Clock, { crash, count, blind }: Move): Promise<void> {
    const outbox: Engine["outbox"] = {
      ...engine.outbox,
      async read(shard, reading) {
        const read = await engine.outbox.read(shard, { ...reading, count });
        if (read.kind === "held") throw new Error("the only holder is held off");
        if (!blind) return read;
        const entries = read.entries.map((one) => ({ ...one, hasCallback: true, details: "{" }));
        return { ...read, entries };
      },
      async takeOut(...args) {
        if (crash === "before takeOut") throw new Died();
        await engine.outbox.takeOut(...args);
      },
    };
    const submit: Engine["submit"] = async (jobs) => {
      if (crash === "before submit") throw new Died();
      return engine.submit(jobs);
    };
    const onUnmoved = (kind: string) => expect(kind, "what became of an entry").toBe("setAside");
    // Every mover is a new one, and none waits for another.
    const parts = {
      engine: { ...engine, outbox, submit },
      clock,
      random,
      holder: "model",
      onUnmoved,
    };
    for (let shard = 0; shard < this.#shards; shard += 1) {
      await moveShard(parts, { queue: this.#queue, shard }, () => false).catch((error: unknown) => {
        if (!(error instanceof Died)) throw error;
      });
    }
  }

  /** Checks at the end that each end has exactly one delivery, and that nothing is left. */
  async finished(clock: Clock, pass: (ms: number) => void): Promise<void> {
    await this.setRoom(1_000_000);
    const none = { fresh: 0, setAside: 0 };
    for (let round = 0; round < 50; round += 1) {
      await this.move(this.#engine, clock, { crash: "never", count: 200, blind: false });
      if (isDeepStrictEqual(await this.#engine.outbox.length(this.#queue), none)) break;
      pass(61_000);
    }
    expect(await this.#engine.outbox.length(this.#queue)).toEqual(none);
    const deliveries = await this.#deliveries();
    const ended = deliveries.map(
      ({ labels }) => `${labels[deliveryLabels.subjectId]} ${labels[deliveryLabels.eventType]}`,
    );
    expect(ended.sort()).toEqual([...this.#ends].sort());
    const events = deliveries.map(({ labels }) => labels[deliveryLabels.eventId]);
    expect(new Set(events).size, "events with an id of their own").toBe(events.length);
  }

  async #deliveries(): Promise<readonly JobRecord[]> {
    const all: JobRecord[] = [];
    for (const keyId of this.#keyIds) {
      let pageToken: string | undefined;
      do {
        const filter = { queue: deliveries, keyId, pageSize: 500 };
        const page = await this.#engine.listJobs({ ...filter, ...(pageToken && { pageToken }) });
        all.push(...page.jobs);
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
    }
    return all;
  }
}

const endOf = (
  kind: "job" | "group",
  { id, state }: { readonly id: string; readonly state: string },
) => `${id} ${kind}.${state.toLowerCase()}`;
