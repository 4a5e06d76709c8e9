import { status } from "@grpc/grpc-js";
import { JobService } from "@millrace/proto/job-service";
import { expect, test } from "vitest";
import { type CallHeaders, grpcClient, type RpcFault, rpcError } from "../src/index.ts";
import { failureOf, jobId, startJobServer } from "./job-server.ts";

test("brings a valid request to the handler and its reply to the caller", async () => {
  await using setup = await startJobServer({
    getJob: async (request) => ({ job: { id: request.jobId } }),
  });
  const { job } = await setup.rpc.getJob({ jobId });
  expect(job?.id).toBe(jobId);
});

test("accepts a list of 500, and refuses one more with the field's name", async () => {
  const sizes: number[] = [];
  await using setup = await startJobServer({
    listJobs: async (request) => {
      sizes.push(request.pageSize);
      return {};
    },
  });
  await setup.rpc.listJobs({ queue: "documents", pageSize: 500 });
  const fault = await failureOf(setup.rpc.listJobs({ queue: "documents", pageSize: 501 }));
  expect(fault).toMatchObject({
    code: status.INVALID_ARGUMENT,
    reason: "MALFORMED",
    violations: [{ field: "page_size" }],
  });
  expect(sizes).toEqual([500]);
});

test("treats bytes that are no message as the caller's error, and not as a bug", async () => {
  await using setup = await startJobServer({ getJob: async () => ({}) });
  const { Client, credentials } = await import("@grpc/grpc-js");
  const raw = new Client(setup.server.address, credentials.createInsecure());
  const code = await new Promise((resolve) => {
    raw.makeUnaryRequest(
      "/millrace.jobs.v1.JobService/GetJob",
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      Buffer.from([0x0a, 0xff, 0x01]),
      (error) => resolve(error?.code),
    );
  });
  raw.close();
  expect(code).toBe(status.INVALID_ARGUMENT);
  expect(setup.bugs).toEqual([]);
});

test("sends an outcome with its reason, metadata and retry delay", async () => {
  await using setup = await startJobServer({
    submitJob: async () => {
      const metadata = { queue: "documents" };
      throw rpcError({ reason: "DEPTH_FULL", message: "full", metadata, retryDelayMs: 1_500 });
    },
  });
  const job = { queue: "documents", type: "echo" };
  expect(await failureOf(setup.rpc.submitJob({ job }))).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    reason: "DEPTH_FULL",
    message: "full",
    metadata: { queue: "documents" },
    retryDelayMs: 1_500,
  });
});

test("answers a bug with INTERNAL without its content, and reports it once to the log", async () => {
  const bug = new Error("redis://user:hunter2@10.0.0.1 refused");
  await using setup = await startJobServer({
    getJob: async () => {
      throw bug;
    },
  });
  const fault = (await failureOf(setup.rpc.getJob({ jobId }))) as RpcFault;
  expect(fault).toMatchObject({ code: status.INTERNAL, reason: "INTERNAL" });
  expect(JSON.stringify([fault.message, fault.metadata, fault.violations])).not.toContain(
    "hunter2",
  );
  expect(fault.message).toBe("internal error");
  expect(setup.bugs).toEqual([bug]);
});

test("passes the caller's identity to the handler, and keeps a refused caller from it", async () => {
  const identities: string[] = [];
  const options = {
    authenticate: async (headers: CallHeaders) => {
      if (headers.get("authorization") !== "Bearer good") {
        throw rpcError({ reason: "UNAUTHENTICATED", message: "unknown key" });
      }
      return "owner";
    },
  };
  const handlers = {
    getJob: async (_: unknown, context: { identity: string }) => {
      identities.push(context.identity);
      return {};
    },
  };
  await using good = await startJobServer(handlers, { ...options, token: "good" });
  await using bad = await startJobServer(handlers, { ...options, token: "bad" });
  await good.rpc.getJob({ jobId });
  expect(await failureOf(bad.rpc.getJob({ jobId }))).toMatchObject({
    code: status.UNAUTHENTICATED,
    reason: "UNAUTHENTICATED",
  });
  expect(identities).toEqual(["owner"]);
});

test("aborts the handler's signal for a cancelled call", async () => {
  const arrived = Promise.withResolvers<AbortSignal>();
  await using setup = await startJobServer({
    getJob: (_, { signal }) => {
      arrived.resolve(signal);
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      );
    },
  });
  const caller = new AbortController();
  const failure = failureOf(setup.rpc.getJob({ jobId }, { signal: caller.signal }));
  const signal = await arrived.promise;
  expect(signal.aborted).toBe(false);
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  caller.abort();
  await aborted;
  expect(await failure).toMatchObject({ code: status.CANCELLED });
  expect(setup.bugs).toEqual([]);
});

test("aborts the handler's signal at a passed deadline", async () => {
  const aborted = Promise.withResolvers<void>();
  await using setup = await startJobServer({
    listJobs: async () => ({}),
    getJob: (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          aborted.resolve();
          reject(signal.reason);
        }),
      ),
  });
  // The deadline must pass in the handler, and not on the way to it.
  await setup.rpc.listJobs({ queue: "documents" });
  expect(await failureOf(setup.rpc.getJob({ jobId }, { deadlineMs: 500 }))).toMatchObject({
    code: status.DEADLINE_EXCEEDED,
  });
  await aborted.promise;
});

test("accepts a message at the limit, and refuses a longer one", async () => {
  const submitJob = async () => ({});
  await using setup = await startJobServer({ submitJob }, { limits: { messageBytes: 2_000 } });
  const send = (bytes: number) =>
    setup.rpc.submitJob({
      job: {
        queue: "documents",
        type: "echo",
        payload: { case: "payloadJson", value: "x".repeat(bytes) },
      },
    });
  await send(1_900);
  expect(await failureOf(send(2_000))).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
});

test("hides what gRPC says of an unavailable upstream, because it contains an address", async () => {
  const upstream = grpcClient(JobService, "127.0.0.1:1");
  await using setup = await startJobServer({
    getJob: async (request) => upstream.rpc.getJob(request),
  });
  const fault = (await failureOf(setup.rpc.getJob({ jobId }))) as RpcFault;
  upstream.close();
  expect(fault).toMatchObject({ code: status.UNAVAILABLE, reason: "SCHEDULER_UNAVAILABLE" });
  expect(fault.message).toBe("the scheduler is unavailable: try again later");
  expect(setup.bugs).toEqual([]);
});
