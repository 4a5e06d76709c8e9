/** Proves dead letters with the history of their attempts, as operators see and redrive them. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  DeadLetterFilterSchema,
  PurgeDeadLettersResponseSchema,
  RedriveDeadLettersResponseSchema,
} from "@millrace/proto/admin-service";
import { systemClock as clock } from "@millrace/shared";
import { expect } from "vitest";
import { failed, RawWorker } from "../faults/raw-worker.ts";
import { lately } from "./expected-job.ts";
import { hopeless, type Life } from "./life.ts";
import { pathsOf } from "./paths.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

/** Compares dead letters with the jobs that failed, and with how each attempt ended. */
export function compareLetters({ ledger }: World, life: Life): void {
  for (const { id, seen } of life.letters) {
    const { expected } = id === life.failed.id ? life.failed : life.redriven;
    const attempts = id === life.failed.id ? life.histories.failed : life.histories.redriven;
    const letter = { job: expected, attempts, deadTime: lately };
    for (const { way, desc, came, wrap } of seen) ledger.compare(way, desc, came, wrap(letter));
  }
  ledger.prove("GetDeadLetter request", "job_id");
}

/** Makes two dead letters, from which filters select. */
async function makeDeadLetters(world: World, choice: SpecChoice): Promise<string[]> {
  const worker = new RawWorker(world.workers);
  await worker.hello(choice.queue, { pools: [choice.pool], credit: 2 });
  const ids: string[] = [];
  for (const type of [choice.type, `${choice.type}2`]) {
    const spec = filledSpec({ ...choice, type, skip: ["run_at", "deduplication"] });
    ids.push(String((await world.jobs.submitJob({ job: spec })).job?.id));
    const { lease } = await worker.take();
    await worker.settle(lease, failed(hopeless.reason, false));
  }
  worker.cut();
  return ids;
}

/** Proves that each member of a filter excludes something, in the list and in what is redriven or purged. */
export async function proveDeadLetterFilters(world: World, choice: SpecChoice): Promise<void> {
  const { ledger, admin, keyId } = world;
  const { queue, type } = choice;
  const [first = "", second = ""] = await makeDeadLetters(world, choice);
  const soon = timestampFromMs(clock.nowMs() + 3_600_000);
  const wanted = {
    queue,
    jobIds: [first],
    keyId,
    type,
    reason: hopeless.reason,
    deadSince: timestampFromMs(clock.nowMs() - 3_600_000),
    deadBefore: soon,
  };
  const misses = {
    jobIds: [second],
    keyId: "nobody00",
    type: "another",
    reason: "OTHER",
    deadSince: soon,
    deadBefore: timestampFromMs(1),
  };
  const counts = {
    "ListDeadLetters request": async (filter: object) =>
      (await admin.listDeadLetters({ filter: { queue, ...filter } })).deadLetters.length,
    "RedriveDeadLetters request": async (filter: object) => {
      const request = { filter: { queue, ...filter }, dryRun: true };
      return Number((await Array.fromAsync(admin.redriveDeadLetters(request))).at(-1)?.matched);
    },
    "PurgeDeadLetters request": async (filter: object) =>
      Number((await admin.purgeDeadLetters({ filter: { queue, ...filter }, dryRun: true })).purged),
    "millrace dead-letters flags": async (filter: object) => {
      const flags = flagsOf({ queue, ...filter });
      return (await Array.fromAsync(world.cliLines("dead-letters", "list", ...flags))).length;
    },
  };
  for (const [way, count] of Object.entries(counts)) {
    expect(await count(wanted), way).toBe(1);
    for (const [member, value] of Object.entries(misses)) {
      expect(await count({ ...wanted, [member]: value }), `${way}: ${member}`).toBe(0);
    }
    expect(await count({}), way).toBe(2);
    const isCommand = way === "millrace dead-letters flags";
    ledger.prove(way, ...(isCommand ? pathsOf(DeadLetterFilterSchema) : ["filter"]));
  }

  const page = await admin.listDeadLetters({ filter: { queue }, pageSize: 1 });
  expect(page.deadLetters).toHaveLength(1);
  const pageToken = page.nextPageToken;
  const next = await admin.listDeadLetters({ filter: { queue }, pageSize: 1, pageToken });
  expect(next.deadLetters[0]?.job?.id).not.toBe(page.deadLetters[0]?.job?.id);
  ledger.prove("ListDeadLetters request", "page_size", "page_token");
  ledger.prove("ListDeadLetters response", "next_page_token");
  await redriveAndPurge(world, queue, type);
}

/** Writes a filter as flags of the command. */
function flagsOf(filter: MessageInitShape<typeof DeadLetterFilterSchema>): string[] {
  const text = (time: unknown) => timestampDate(time as Timestamp).toISOString();
  const { queue, jobIds = [], keyId, type, reason, deadSince, deadBefore } = filter;
  const flags = {
    ...{ queue, key: keyId, type, reason },
    ...{ since: deadSince && text(deadSince), before: deadBefore && text(deadBefore) },
  };
  return [
    ...jobIds.flatMap((id) => ["--job", id]),
    ...Object.entries(flags).flatMap(([flag, value]) =>
      value === undefined ? [] : [`--${flag}`, value],
    ),
  ];
}

async function redriveAndPurge(world: World, queue: string, type: string): Promise<void> {
  const { ledger, admin } = world;
  const steps = await Array.fromAsync(admin.redriveDeadLetters({ filter: { queue }, max: 1 }));
  ledger.compare("RedriveDeadLetters response", RedriveDeadLettersResponseSchema, steps.at(-1), {
    ...{ matched: 1n, redriven: 1n, done: true },
  });
  // The queue now takes only another type, so a redrive to it is refused.
  await admin.putQueue({ queue: { name: queue, types: [`${type}s`], maxStalls: 50 } });
  const again = await Array.fromAsync(admin.redriveDeadLetters({ filter: { queue } }));
  ledger.compare("RedriveDeadLetters response", RedriveDeadLettersResponseSchema, again.at(-1), {
    ...{ matched: 1n, refused: 1n, done: true },
  });
  ledger.prove("RedriveDeadLetters request", "max", "dry_run");
  const dry = await admin.purgeDeadLetters({ filter: { queue }, dryRun: true });
  const purged = await admin.purgeDeadLetters({ filter: { queue } });
  expect(dry).toEqual(purged);
  ledger.compare("PurgeDeadLetters response", PurgeDeadLettersResponseSchema, purged, {
    purged: 1n,
  });
  ledger.prove("PurgeDeadLetters request", "dry_run");
}
