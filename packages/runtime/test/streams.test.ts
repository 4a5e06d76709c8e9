import { once } from "node:events";
import { connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { WatchJobRequestSchema } from "@millrace/proto/job-service";
import { expect, test } from "vitest";
import { createOutbox, rpcError } from "../src/index.ts";
import { jobId, startJobServer } from "./job-server.ts";

const bigOutput = (offset: number) => ({
  event: {
    case: "chunks" as const,
    value: {
      chunks: [
        { offset: BigInt(offset), content: { case: "text" as const, value: "x".repeat(60_000) } },
      ],
    },
  },
});

test("sends a server's stream whole and in order", async () => {
  await using setup = await startJobServer({
    async *watchJob() {
      for (let offset = 0; offset < 50; offset += 1) yield bigOutput(offset);
    },
  });
  const offsets: bigint[] = [];
  for await (const { event } of setup.rpc.watchJob({ jobId })) {
    if (event.case === "chunks") offsets.push(event.value.chunks[0]?.offset ?? -1n);
  }
  expect(offsets).toEqual(Array.from({ length: 50 }, (_, index) => BigInt(index)));
});

test("cancels the call and stops the source when the reader leaves the loop", async () => {
  const stopped = Promise.withResolvers<void>();
  await using setup = await startJobServer({
    async *watchJob() {
      try {
        for (let offset = 0; ; offset += 1) yield bigOutput(offset);
      } finally {
        stopped.resolve();
      }
    },
  });
  for await (const _ of setup.rpc.watchJob({ jobId })) break;
  await stopped.promise;
  expect(setup.bugs).toEqual([]);
});

test("stops a source that only waits for its signal when the reader leaves", async () => {
  const stopped = Promise.withResolvers<void>();
  await using setup = await startJobServer({
    async *watchJob(_, { signal }) {
      yield bigOutput(0);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      stopped.resolve();
    },
  });
  for await (const _ of setup.rpc.watchJob({ jobId })) break;
  await stopped.promise;
});

test("does not read a source far ahead of a peer that does not read", async () => {
  let pulled = 0;
  const total = 5_000;
  await using setup = await startJobServer({
    async *watchJob() {
      for (; pulled < total; pulled += 1) yield bigOutput(pulled);
    },
    getJob: async () => ({}),
  });
  // The peer uses HTTP/2 by hand: a grpc-js client buffers what arrives whether it is read or not.
  const session = connect(`http://${setup.server.address}`);
  const stream = session.request({
    ":method": "POST",
    ":path": "/millrace.jobs.v1.JobService/WatchJob",
    "content-type": "application/grpc",
    te: "trailers",
  });
  const request = toBinary(WatchJobRequestSchema, create(WatchJobRequestSchema, { jobId }));
  stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, request.length]), request]));
  await using _ = { [Symbol.asyncDispose]: async () => session.destroy() };
  await once(stream, "response");
  // Each round trip is time in which a writer without back-pressure would go on.
  for (let round = 0; round < 200; round += 1) await setup.rpc.getJob({ jobId });
  expect(pulled).toBeGreaterThan(0);
  expect(pulled).toBeLessThan(total / 50);
});

test("sends both directions of a stream at once", async () => {
  await using setup = await startJobServer({
    async *submitStream(requests) {
      for await (const { jobs } of requests) {
        yield { results: jobs.map(({ sequence }) => ({ sequence })) };
      }
    },
  });
  const call = setup.rpc.submitStream();
  const responses = call.responses[Symbol.asyncIterator]();
  for (const sequence of [1n, 2n]) {
    await call.write({ jobs: [{ sequence }] });
    const next = await responses.next();
    expect(next.value?.results[0]?.sequence).toBe(sequence);
  }
  call.end();
  expect((await responses.next()).done).toBe(true);
});

test("ends a stream as MALFORMED at an invalid message", async () => {
  await using setup = await startJobServer({
    async *submitStream(requests) {
      for await (const { jobs } of requests) yield { results: jobs.map(() => ({})) };
    },
  });
  const call = setup.rpc.submitStream();
  const responses = call.responses[Symbol.asyncIterator]();
  const jobs = (count: number) => Array.from({ length: count }, () => ({}));
  await call.write({ jobs: jobs(1_000) });
  expect((await responses.next()).value?.results).toHaveLength(1_000);
  await call.write({ jobs: jobs(1_001) });
  await expect(responses.next()).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    reason: "MALFORMED",
    violations: [{ field: "jobs" }],
  });
  expect(setup.bugs).toEqual([]);
});

test("sends a fault to the caller although the handler still waits for its next request", async () => {
  await using setup = await startJobServer({
    async *submitStream(requests) {
      const first = Promise.withResolvers<void>();
      const reading = (async () => {
        for await (const _ of requests) first.resolve();
      })();
      reading.catch(() => undefined);
      await first.promise;
      yield { results: [{ sequence: 1n }] };
      throw rpcError({ reason: "DRAINING", message: "enough" });
    },
  });
  for (let round = 0; round < 20; round += 1) {
    const call = setup.rpc.submitStream();
    const responses = call.responses[Symbol.asyncIterator]();
    await call.write({ jobs: [] });
    expect((await responses.next()).value?.results).toHaveLength(1);
    await expect(responses.next()).rejects.toMatchObject({ reason: "DRAINING" });
  }
});

test("refuses writes to an ended call, and loses none silently", async () => {
  await using setup = await startJobServer({
    async *submitStream() {},
  });
  const call = setup.rpc.submitStream();
  for await (const _ of call.responses) throw new Error("no responses expected");
  await expect(call.write({ jobs: [] })).rejects.toMatchObject({ code: status.CANCELLED });
});

test("streams what is pushed to an outbox, and closes it when the reader leaves", async () => {
  const outbox = createOutbox<{ results: [] }>();
  await using setup = await startJobServer({ submitStream: () => outbox });
  const call = setup.rpc.submitStream();
  const responses = call.responses[Symbol.asyncIterator]();
  await outbox.push({ results: [] });
  expect((await responses.next()).done).toBe(false);
  await responses.return?.();
  while (!outbox.closed) await setup.client.ready(1_000).then(() => new Promise(setImmediate));
  expect(outbox.waiting).toBe(0);
});

test("keeps a failure for a reader who comes after it", async () => {
  await using setup = await startJobServer({});
  const call = setup.rpc.submitStream();
  // The write that finds the call ended proves that the failure has arrived.
  const written = async () => {
    for (;;) {
      await call.write({});
      await new Promise(setImmediate);
    }
  };
  await expect(written()).rejects.toMatchObject({ reason: "NOT_IMPLEMENTED" });
  const late = call.responses[Symbol.asyncIterator]();
  await expect(late.next()).rejects.toMatchObject({ reason: "NOT_IMPLEMENTED" });
});
