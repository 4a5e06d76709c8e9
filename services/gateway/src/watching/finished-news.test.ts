import { create } from "@bufbuild/protobuf";
import { JobSchema } from "@millrace/proto/job";
import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import { FinishedNews } from "./finished-news.ts";

const MIB = 1024 * 1024;
const jobOf = (id: string, resultBytes = 2) =>
  create(JobSchema, { id, resultJson: `"${"x".repeat(resultBytes - 2)}"` });

function setup() {
  const watched = new Set<string>();
  let reported = 0;
  const hub = {
    watch: (ids: readonly string[]) => void ids.map((id) => watched.add(id)),
    forget: (ids: Iterable<string>) => void [...ids].map((id) => watched.delete(id)),
    close: () => undefined,
  };
  const news = new FinishedNews(hub, () => {
    reported += 1;
  });
  return { news, watched, reported: () => reported };
}

test("reports each job's end once, however often the hub reports it", () => {
  const { news, reported } = setup();
  news.expect(["a"]);
  news.finished(jobOf("a"));
  news.finished(jobOf("a"));
  news.gone("a");
  expect(reported()).toBe(1);
  expect(news.take().finished.map(({ id }) => id)).toEqual(["a"]);
  expect(news.outstanding).toBe(0);
});

test("keeps a little over 1 MiB for a caller who does not read, and reads the rest again in groups", async () => {
  const { news } = setup();
  const ids = Array.from({ length: 10 }, (_, i) => `job${i}`);
  news.expect(ids);
  for (const id of ids) news.finished(jobOf(id, MIB));
  expect(news.outstanding).toBe(10);
  const kept = news.take().finished.map(({ id }) => id);
  expect(kept).toEqual(["job0", "job1"].slice(0, kept.length));
  const asked: string[][] = [];
  const scheduler = {
    async getJobs({ jobIds }: { jobIds: string[] }) {
      asked.push(jobIds);
      return { jobs: jobIds.map((id) => jobOf(id, MIB)) };
    },
  } as unknown as Scheduler;
  const seen = [...kept];
  while (news.hasLate) {
    await news.readLate(scheduler, "ours" as KeyId, new AbortController().signal);
    seen.push(...news.take().finished.map(({ id }) => id));
  }
  expect(seen).toEqual(ids);
  // As many as fit a message.
  expect(Math.max(...asked.map(({ length }) => length))).toBe(2);
});

test("reports a job as gone that was removed before it was read again", async () => {
  const { news } = setup();
  news.expect(["a", "b", "c"]);
  for (const id of ["a", "b", "c"]) news.finished(jobOf(id, MIB));
  news.take();
  const scheduler = { getJobs: async () => ({ jobs: [] }) } as unknown as Scheduler;
  await news.readLate(scheduler, "ours" as KeyId, new AbortController().signal);
  expect(news.take().goneJobIds.at(-1)).toBe("c");
  expect(news.outstanding).toBe(0);
});

test("does not wait for a forgotten job, but still reports an end that has arrived", () => {
  const { news, watched } = setup();
  news.expect(["a", "b"]);
  news.finished(jobOf("b"));
  news.forget(["a", "b", "c"]);
  expect([...watched]).toEqual(["b"]);
  news.finished(jobOf("a"));
  expect(news.take().finished.map(({ id }) => id)).toEqual(["b"]);
  expect(news.outstanding).toBe(0);
});

test("waits for nothing after it was closed", () => {
  const { news, watched } = setup();
  news.expect(["a"]);
  news.close();
  news.expect(["b"]);
  expect(watched.size).toBe(0);
});
