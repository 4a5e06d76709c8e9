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

/** Nothing is told for so long. */
const quiet = (quietMs: number) => ({ quietMs });

type Told =
  | ReturnType<typeof job>
  | ReturnType<typeof chunks>
  | ReturnType<typeof quiet>
  | RpcFault;

/** Watches through schedulers that each tell what is said here, and then end or fail. */
function setup(streams: readonly (readonly Told[])[], giveUpAfterMs = 60_000) {
  const asked: bigint[] = [];
  let passedMs = 0;
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + passedMs };
  const scheduler = {
    async *watch({ watch }: { watch: { fromOffset: bigint } }) {
      const told = streams[asked.length] ?? [draining()];
      asked.push(watch.fromOffset);
      for (const one of told) {
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

test("a watch goes on with another scheduler after what was told, and tells nothing twice", async () => {
  const { watch, events, asked } = setup([
    [job(JobState.RUNNING), chunks(0, 1), draining()],
    [job(JobState.RUNNING), chunks(2), draining()],
    [job(JobState.RUNNING), chunks(3), job(JobState.SUCCEEDED)],
  ]);
  await watch();
  expect(events).toEqual(["RUNNING", "0", "1", "2", "3", "SUCCEEDED"]);
  expect(asked).toEqual([0n, 2n, 3n]);
});

test("a job that finished meanwhile is told of after its output", async () => {
  const { watch, events } = setup([
    [job(JobState.RUNNING), chunks(0), draining()],
    [job(JobState.SUCCEEDED), chunks(1, 2), draining()],
    [job(JobState.SUCCEEDED), chunks(3)],
  ]);
  await watch();
  expect(events).toEqual(["RUNNING", "0", "1", "2", "3", "SUCCEEDED"]);
});

test("a job that had finished before is told of last, whatever a scheduler sends first", async () => {
  const { watch, events } = setup([
    [job(JobState.FAILED), chunks(0), draining()],
    [chunks(1), job(JobState.FAILED)],
  ]);
  await watch();
  expect(events).toEqual(["0", "1", "FAILED"]);
});

test("a job whose output is gone is told of before that is", async () => {
  const { watch, events } = setup([[job(JobState.FAILED), gone()]]);
  await expect(watch()).rejects.toMatchObject({ code: status.OUT_OF_RANGE });
  expect(events).toEqual(["FAILED"]);
});

test("a stream that ends without the job's end is a cut", async () => {
  const { watch, events } = setup([[job(JobState.QUEUED)], [job(JobState.CANCELLED)]]);
  await watch();
  expect(events).toEqual(["QUEUED", "CANCELLED"]);
});

test("without a scheduler for long enough the watch fails with why", async () => {
  const { watch, events } = setup([[job(JobState.QUEUED), draining()]], 0);
  await expect(watch()).rejects.toMatchObject({ reason: "DRAINING" });
  expect(events).toEqual(["QUEUED"]);
});

test("a job that was quiet for longer than a cut may last is watched on after a cut", async () => {
  const { watch, events } = setup([
    [job(JobState.RUNNING), quiet(60_001), draining()],
    [job(JobState.SUCCEEDED)],
  ]);
  await watch();
  expect(events).toEqual(["RUNNING", "SUCCEEDED"]);
});

test("what asking again would not mend is thrown at once", async () => {
  const { watch, asked } = setup([[job(JobState.RUNNING), gone()]]);
  await expect(watch()).rejects.toMatchObject({ code: status.OUT_OF_RANGE });
  expect(asked).toHaveLength(1);
});

test("a watch that is left never looks like one that has ended", async () => {
  const left = new AbortController();
  left.abort();
  const { watch, asked } = setup([[job(JobState.QUEUED)]]);
  await expect(watch(left.signal)).rejects.toBeInstanceOf(RpcFault);
  expect(asked).toHaveLength(1);
});
