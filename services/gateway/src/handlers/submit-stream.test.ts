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

/** A stream whose caller waits for jobs that have finished, too many to keep, and whose scheduler is away at first. */
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
    signal: new AbortController().signal,
    draining: draining.signal,
  } as CallContext<Caller>;
  return handler(requests(), context);
}

test("news that cannot be read while no scheduler is there is told once one is", async () => {
  const told: string[] = [];
  for await (const response of setup(2)) told.push(...(response.finished ?? []).map(idOf));
  expect(told.sort()).toEqual(ids);
});

test("a gateway that stops does not wait for a scheduler to tell of", async () => {
  const all = (async () => {
    for await (const _ of setup(Number.POSITIVE_INFINITY, 2));
  })();
  await expect(all).rejects.toMatchObject({ reason: "DRAINING" });
});

test("a stream that stops while its caller writes says that it does, once what it took is answered", async () => {
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
    create(SubmitStreamRequestSchema, { items: [{ sequence, job: { queue: "documents" } }] });
  async function* requests() {
    yield one(1n);
    await taken.promise;
    draining.abort();
    try {
      yield one(2n);
    } finally {
      // It is read no further.
      read.resolve();
    }
  }
  const context = {
    identity: { keyId: "ours" as KeyId },
    signal: new AbortController().signal,
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
