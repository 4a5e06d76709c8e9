import { create } from "@bufbuild/protobuf";
import { type Job, JobSchema } from "@millrace/proto/job";
import { SubmitStreamRequestSchema } from "@millrace/proto/job-service";
import { type CallContext, rpcError } from "@millrace/runtime";
import { type KeyId, systemClock } from "@millrace/shared";
import { expect, test } from "vitest";
import type { Caller } from "../caller.ts";
import type { FinishedListener } from "../finished-hub.ts";
import { defaultStreamLimits, type GatewayParts } from "../gateway-parts.ts";
import { awaitedJobs, openStreams } from "../key-limit.ts";
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

const idOf = ({ id }: { readonly id?: string | undefined }): string => id ?? "";
