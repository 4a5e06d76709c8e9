import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { WatchJobResponseSchema } from "@millrace/proto/job-service";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { failureOf, jobId, startJobServer } from "./job-server.ts";

const opening = create(WatchJobResponseSchema, { event: { case: "chunks", value: {} } });
const goodbye = create(WatchJobResponseSchema, { event: { case: "job", value: { id: jobId } } });

const untilAborted = (signal: AbortSignal) =>
  new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));

test("lets a call under way finish when it closes, and refuses the next", async () => {
  const arrived = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  await using setup = await startJobServer({
    getJob: async () => {
      arrived.resolve();
      await go.promise;
      return {};
    },
  });
  const answer = setup.rpc.getJob({ jobId });
  await arrived.promise;
  const closed = setup.server.close();
  go.resolve();
  await answer;
  await closed;
  expect(await failureOf(setup.rpc.getJob({ jobId }))).toMatchObject({ code: status.UNAVAILABLE });
});

test("lets a stream that heeds draining end well before the grace is over", async () => {
  const clock = new ManualClock();
  await using setup = await startJobServer(
    {
      async *watchJob(_, { draining }) {
        yield opening;
        await untilAborted(draining);
        yield goodbye;
      },
    },
    { clock },
  );
  const events: unknown[] = [];
  let closed: Promise<void> | undefined;
  for await (const { event } of setup.rpc.watchJob({ jobId })) {
    events.push(event.case);
    closed ??= setup.server.close();
  }
  await closed;
  expect(events).toEqual(["chunks", "job"]);
  expect(clock.pending).toBe(0);
});

test("cuts a stream that stays open when the grace is over, not before", async () => {
  const clock = new ManualClock();
  const aborted = Promise.withResolvers<void>();
  await using setup = await startJobServer(
    {
      async *watchJob(_, { signal }) {
        yield opening;
        await untilAborted(signal);
        aborted.resolve();
      },
    },
    { clock, limits: { graceMs: 5_000 } },
  );
  const responses = setup.rpc.watchJob({ jobId })[Symbol.asyncIterator]();
  await responses.next();
  const closed = setup.server.close();
  clock.advance(4_999);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  await expect(responses.next()).rejects.toMatchObject({ name: "RpcFault" });
  await aborted.promise;
  await closed;
});
