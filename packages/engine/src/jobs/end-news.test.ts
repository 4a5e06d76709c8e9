import {
  type JobId,
  type KeyId,
  newJobId,
  type QueueName,
  queueOf,
  systemRandom,
} from "@millrace/shared";
import { expect, test } from "vitest";
import type { Signal } from "../signals/contract.ts";
import { AwaitEnds } from "./await-ends.ts";
import type { FinishedRead, JobRecord } from "./contract.ts";
import { EndNews } from "./end-news.ts";

const queue = "documents" as QueueName;
const newId = () => newJobId(queue, "aaaa" as KeyId, 1, systemRandom);
const ended = (id: JobId, resultJson = "{}") =>
  ({ id, state: "SUCCEEDED", resultJson }) as unknown as JobRecord;

function setup() {
  let hear: ((signal: Signal) => void) | undefined;
  const stored = new Map<JobId, JobRecord>();
  const reads: JobId[] = [];
  let news = 0;
  const ends = new EndNews({
    subscribe: async (_, listener) => {
      hear = listener;
      return {
        [Symbol.asyncDispose]: async () => {
          hear = undefined;
        },
      };
    },
  });
  const getFinished = async (ids: readonly JobId[]): Promise<FinishedRead[]> => {
    reads.push(...ids);
    return ids.map((id) => {
      const job = stored.get(id);
      return job === undefined ? { kind: "unfinished" } : { kind: "finished", job };
    });
  };
  const open = () =>
    new AwaitEnds({
      ...{ news: ends, getFinished },
      onNews: () => {
        news += 1;
      },
    });
  return {
    ...{ ends, awaited: open(), open, stored, reads },
    hear: (signal: Signal) => hear?.(signal),
    isSubscribed: () => hear !== undefined,
    news: () => news,
  };
}

type Setup = ReturnType<typeof setup>;
/** Follows the queue, as a gateway does that has awaited a job before. */
async function followed(): Promise<Setup> {
  const all = setup();
  const first = newId();
  await all.awaited.add([first]);
  await all.awaited.read();
  all.awaited.drop([first]);
  all.reads.splice(0);
  return all;
}
const finished = (jobId: JobId): Signal => ({ kind: "finished", jobId, state: "SUCCEEDED" });

test("a job of which nothing is known is read once, and again after its signal", async () => {
  const { awaited, reads, stored, hear } = setup();
  const id = newId();
  await awaited.add([id]);
  expect(await awaited.read()).toEqual({ jobs: [], missing: [] });
  stored.set(id, ended(id));
  hear(finished(id));
  expect((await awaited.read()).jobs).toEqual([ended(id)]);
  expect(reads).toEqual([id, id]);
  expect(awaited.size).toBe(0);
});

test("a job that was submitted and settled here is not read at all", async () => {
  const { ends, awaited, reads, hear } = await followed();
  const id = newId();
  ends.submitting(id);
  await awaited.add([id]);
  expect(awaited.mayHaveNews).toBe(false);
  expect(ends.settling(id)).toBe(true);
  hear(finished(id));
  expect(awaited.mayHaveNews).toBe(false);
  ends.settled(id, ended(id));
  expect((await awaited.read()).jobs).toEqual([ended(id)]);
  expect(awaited.mayHaveNews).toBe(false);
  expect(reads).toEqual([]);
});

test("a job that ended before it was awaited is read", async () => {
  const { ends, awaited, reads, stored, hear } = await followed();
  const id = newId();
  ends.submitting(id);
  expect(ends.settling(id)).toBe(false);
  stored.set(id, ended(id));
  hear(finished(id));
  await awaited.add([id]);
  expect((await awaited.read()).jobs).toEqual([ended(id)]);
  expect(reads).toEqual([id]);
});

test("a job is read whose submission was refused, repeated or lost", async () => {
  const { ends, awaited } = await followed();
  const id = newId();
  ends.submitting(id);
  ends.notSubmitted(id);
  await awaited.add([id]);
  expect(awaited.mayHaveNews).toBe(true);
});

test("a job is read whose settlement fails or does not end it", async () => {
  const { ends, awaited, stored, hear } = await followed();
  const id = newId();
  ends.submitting(id);
  await awaited.add([id]);
  expect(ends.settling(id)).toBe(true);
  stored.set(id, ended(id));
  hear(finished(id));
  ends.settled(id, undefined);
  expect((await awaited.read()).jobs).toEqual([ended(id)]);
});

test("only one of several calls at once reports a job, and the others leave that to it", async () => {
  const { ends, awaited } = await followed();
  const id = newId();
  await awaited.add([id]);
  expect([ends.settling(id), ends.settling(id)]).toEqual([true, false]);
});

test("after a resync nothing is known, and all awaited jobs are read", async () => {
  const { ends, awaited, stored, hear } = await followed();
  const [early, late] = [newId(), newId()];
  ends.submitting(early);
  ends.submitting(late);
  await awaited.add([early]);
  stored.set(early, ended(early));
  stored.set(late, ended(late));
  hear({ kind: "resync" });
  await awaited.add([late]);
  expect((await awaited.read()).jobs.map(({ id }) => id)).toEqual([early, late]);
});

test("a job that was submitted while its queue was not followed is read", async () => {
  const { ends, awaited } = setup();
  const id = newId();
  ends.submitting(id);
  await awaited.add([id]);
  expect(awaited.mayHaveNews).toBe(true);
});

test("every listener of a job hears of its end, and one that dropped it does not", async () => {
  const { ends, awaited, open } = await followed();
  const [second, third] = [open(), open()];
  const id = newId();
  for (const one of [awaited, second, third]) await one.add([id]);
  third.drop([id]);
  ends.settling(id);
  ends.settled(id, ended(id));
  expect((await awaited.read()).jobs).toEqual([ended(id)]);
  expect((await second.read()).jobs).toEqual([ended(id)]);
  expect(third.mayHaveNews).toBe(false);
});

test("a listener that does not read keeps 1 MiB of ended jobs, and reads the others from the store", async () => {
  const { ends, awaited, stored, reads } = await followed();
  const ids = [newId(), newId(), newId()];
  await awaited.add(ids);
  await awaited.read();
  reads.splice(0);
  for (const id of ids) {
    const job = ended(id, `"${"x".repeat(600_000)}"`);
    stored.set(id, job);
    ends.settling(id);
    ends.settled(id, job);
  }
  expect((await awaited.read()).jobs.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect((await awaited.read()).jobs.map(({ id }) => id)).toEqual(ids.slice(2));
  expect(reads).toEqual(ids.slice(2));
});

test("the queue is followed until its last listener has left", async () => {
  const { awaited, open, isSubscribed } = await followed();
  const second = open();
  await second.add([newId()]);
  await awaited[Symbol.asyncDispose]();
  expect(isSubscribed()).toBe(true);
  await second[Symbol.asyncDispose]();
  expect(isSubscribed()).toBe(false);
});

test("the oldest of very many submitted jobs is read", async () => {
  const { ends, awaited } = await followed();
  const ids = Array.from({ length: 16_385 }, newId);
  for (const id of ids) ends.submitting(id);
  await awaited.add(ids.slice(1, 3));
  expect(awaited.mayHaveNews).toBe(false);
  await awaited.add(ids.slice(0, 1));
  expect(awaited.mayHaveNews).toBe(true);
  expect(queueOf(ids[0] as JobId)).toBe(queue);
});
