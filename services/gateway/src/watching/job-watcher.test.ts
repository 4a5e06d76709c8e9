import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { JobSchema, JobState, OutputChunkSchema } from "@millrace/proto/job";
import { WatchJobRequestSchema, WatchJobResponseSchema } from "@millrace/proto/job-service";
import { RpcFault, rpcError } from "@millrace/runtime";
import { type KeyId, systemRandom as random, systemClock } from "@millrace/shared";
import { expect, test } from "vitest";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import { createJobWatcher } from "./job-watcher.ts";

const job = (state: JobState, attempt = 1) => ({
  event: { case: "job" as const, value: create(JobSchema, { id: "a", state, attempt }) },
});
const chunks = (...offsets: number[]) => ({
  event: {
    case: "chunks" as const,
    value: { chunks: offsets.map((at) => create(OutputChunkSchema, { offset: BigInt(at) })) },
  },
});
const draining = () => rpcError({ reason: "DRAINING", message: "the scheduler is stopping" });
const gone = () => rpcError({ reason: "OUTPUT_GONE", message: "gone" });

/** How long nothing arrives. */
const quiet = (quietMs: number) => ({ quietMs });

type Told =
  | ReturnType<typeof job>
  | ReturnType<typeof chunks>
  | ReturnType<typeof quiet>
  | RpcFault;

/** Watches through schedulers that each send the given responses, and then end or fail. */
function setup(streams: readonly (readonly Told[])[], giveUpAfterMs = 60_000) {
  const asked: bigint[] = [];
  let passedMs = 0;
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + passedMs };
  const scheduler = {
    async *watch({ watch }: { watch: { fromOffset: bigint } }) {
      const reported = streams[asked.length] ?? [draining()];
      asked.push(watch.fromOffset);
      for (const one of reported) {
        if (one instanceof RpcFault) throw one;
        if ("quietMs" in one) {
          passedMs += one.quietMs;
          continue;
        }
        yield { event: create(WatchJobResponseSchema, one) };
      }
    },
  } as unknown as Pick<Scheduler, "watch">;
  const watcher = createJobWatcher({ scheduler, clock, random, giveUpAfterMs });
  const events: string[] = [];
  const watch = async (signal = new AbortController().signal) => {
    const request = create(WatchJobRequestSchema, { jobId: "a" });
    for await (const { event } of watcher("ours" as KeyId, request, signal)) {
      if (event.case === "job") events.push(`${JobState[event.value.state]}`);
      if (event.case === "chunks") {
        events.push(...event.value.chunks.map(({ offset }) => String(offset)));
      }
    }
  };
  return { watch, events, asked };
}

test("continues with another scheduler after the last response, and sends nothing twice", async () => {
  const { watch, events, asked } = setup([
    [job(JobState.RUNNING), chunks(0, 1), draining()],
    [job(JobState.RUNNING), chunks(2), draining()],
    [job(JobState.RUNNING), chunks(3), job(JobState.SUCCEEDED)],
  ]);
  await watch();
  expect(events).toEqual(["RUNNING", "0", "1", "2", "3", "SUCCEEDED"]);
  expect(asked).toEqual([0n, 2n, 3n]);
});

test("reports a job that finished meanwhile after its output", async () => {
  const { watch, events } = setup([
    [job(JobState.RUNNING), chunks(0), draining()],
    [job(JobState.SUCCEEDED), chunks(1, 2), draining()],
    [job(JobState.SUCCEEDED), chunks(3)],
  ]);
  await watch();
  expect(events).toEqual(["RUNNING", "0", "1", "2", "3", "SUCCEEDED"]);
});

test("reports a job that had finished before last, in whatever order a scheduler sends", async () => {
  const { watch, events } = setup([
    [job(JobState.FAILED), chunks(0), draining()],
    [chunks(1), job(JobState.FAILED)],
  ]);
  await watch();
  expect(events).toEqual(["0", "1", "FAILED"]);
});

test("reports a job whose output is gone before it reports that", async () => {
  const { watch, events } = setup([[job(JobState.FAILED), gone()]]);
  await expect(watch()).rejects.toMatchObject({ code: status.OUT_OF_RANGE });
  expect(events).toEqual(["FAILED"]);
});

test("treats a stream that ends without the job's final state as broken", async () => {
  const { watch, events } = setup([[job(JobState.QUEUED)], [job(JobState.CANCELLED)]]);
  await watch();
  expect(events).toEqual(["QUEUED", "CANCELLED"]);
});

test("fails with the reason when no scheduler answers for long enough", async () => {
  const { watch, events } = setup([[job(JobState.QUEUED), draining()]], 0);
  await expect(watch()).rejects.toMatchObject({ reason: "DRAINING" });
  expect(events).toEqual(["QUEUED"]);
});

test("watches a job again after a break, even if it was quiet for longer than a break may last", async () => {
  const { watch, events } = setup([
    [job(JobState.RUNNING), quiet(60_001), draining()],
    [job(JobState.SUCCEEDED)],
  ]);
  await watch();
  expect(events).toEqual(["RUNNING", "SUCCEEDED"]);
});

test("throws at once an error that a retry would not correct", async () => {
  const { watch, asked } = setup([[job(JobState.RUNNING), gone()]]);
  await expect(watch()).rejects.toMatchObject({ code: status.OUT_OF_RANGE });
  expect(asked).toHaveLength(1);
});

test("never lets a watch that was left look like one that has ended", async () => {
  const left = new AbortController();
  left.abort();
  const { watch, asked } = setup([[job(JobState.QUEUED)]]);
  await expect(watch(left.signal)).rejects.toBeInstanceOf(RpcFault);
  expect(asked).toHaveLength(1);
});
