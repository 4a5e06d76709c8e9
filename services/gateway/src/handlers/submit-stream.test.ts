import { create } from "@bufbuild/protobuf";
import { type Job, JobSchema } from "@millrace/proto/job";
import { SubmitResultSchema, SubmitStreamRequestSchema } from "@millrace/proto/job-service";
import { type CallContext, rpcError } from "@millrace/runtime";
import { type KeyId, systemClock } from "@millrace/shared";
import { expect, test } from "vitest";
import type { Caller } from "../callers/caller.ts";
import { awaitedJobs, openStreams } from "../callers/key-limit.ts";
import { defaultStreamLimits, type GatewayParts } from "../gateway-parts.ts";
import type { FinishedListener } from "../watching/awaited-jobs.ts";
import { submitStream } from "./submit-stream.ts";

const MIB = 1024 * 1024;
const ids = Array.from({ length: 4 }, (_, i) => {
  const unique = String(i).padStart(26, "0");
  return `documents~ours~${unique}`;
});
const finished = (id: string): Job =>
  create(JobSchema, { id, resultJson: `"${"x".repeat(MIB - 2)}"` });

/** A stream whose caller awaits more finished jobs than the gateway keeps, and whose scheduler is unavailable at first. */
function setup(timesAway: number, drainAtRead = 0) {
  let reads = 0;
  const draining = new AbortController();
  const scheduler = {
    async getJobs({ jobIds }: { jobIds: string[] }) {
      reads += 1;
      if (reads === drainAtRead) draining.abort();
      if (reads > timesAway) return { jobs: jobIds.map(finished) };
      throw rpcError({ reason: "SCHEDULER_UNAVAILABLE", message: "away" });
    },
  };
  const hub = {
    watch: (jobIds: readonly string[], listener: FinishedListener) => {
      for (const id of jobIds) listener.finished(finished(id));
    },
    forget: () => undefined,
  };
  const parts = {
    ...{ scheduler, hub, clock: systemClock },
    authenticate: async () => undefined,
    submit: async () => [],
  };
  const handler = submitStream({
    ...(parts as unknown as GatewayParts),
    streamLimits: defaultStreamLimits,
    streams: openStreams(1),
    awaited: awaitedJobs(100),
  });
  async function* requests() {
    yield create(SubmitStreamRequestSchema, { notifyFinished: true, notifyJobIds: ids });
  }
  const context = {
    identity: { keyId: "ours" as KeyId },
    headers: { get: () => undefined } as CallContext<Caller>["headers"],
    signal: new AbortController().signal,
    leaving: draining.signal,
    draining: draining.signal,
  } as CallContext<Caller>;
  return handler(requests(), context);
}

test("reports finished jobs that could not be read once a scheduler is available", async () => {
  const reported: string[] = [];
  for await (const response of setup(2)) reported.push(...(response.finished ?? []).map(idOf));
  expect(reported.sort()).toEqual(ids);
});

test("does not wait for a scheduler's news when the gateway stops", async () => {
  const all = (async () => {
    for await (const _ of setup(Number.POSITIVE_INFINITY, 2));
  })();
  await expect(all).rejects.toMatchObject({ reason: "DRAINING" });
});

test("reports DRAINING to a caller that is still writing, after the answers to the jobs that it took", async () => {
  const draining = new AbortController();
  const taken = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  const parts = {
    ...{ scheduler: {}, clock: systemClock, authenticate: async () => undefined },
    hub: { watch: () => undefined, forget: () => undefined },
    submit: async () => {
      taken.resolve();
      await answer.promise;
      const result = create(SubmitResultSchema, { result: { case: "jobId", value: ids[0] ?? "" } });
      return [{ result }];
    },
  };
  const handler = submitStream({
    ...(parts as unknown as GatewayParts),
    ...{ streamLimits: defaultStreamLimits, streams: openStreams(1), awaited: awaitedJobs(100) },
  });
  const one = (sequence: bigint) =>
    create(SubmitStreamRequestSchema, { jobs: [{ sequence, job: { queue: "documents" } }] });
  async function* requests() {
    yield one(1n);
    await taken.promise;
    draining.abort();
    try {
      yield one(2n);
    } finally {
      // The stream is read no further.
      read.resolve();
    }
  }
  const context = {
    identity: { keyId: "ours" as KeyId },
    headers: { get: () => undefined } as CallContext<Caller>["headers"],
    signal: new AbortController().signal,
    leaving: draining.signal,
    draining: draining.signal,
  } as CallContext<Caller>;
  const answered: (bigint | undefined)[] = [];
  const all = (async () => {
    for await (const { results = [] } of handler(requests(), context)) {
      answered.push(...results.map(({ sequence }) => sequence));
    }
  })();
  await read.promise;
  answer.resolve();
  await expect(all).rejects.toMatchObject({ reason: "DRAINING" });
  expect(answered).toEqual([1n]);
});

const idOf = ({ id }: { readonly id?: string | undefined }): string => id ?? "";
