import { status } from "@grpc/grpc-js";
import { JobService } from "@millrace/proto/job-service";
import { expect, test } from "vitest";
import { type CallHeaders, grpcClient, type RpcFault, rpcError } from "../src/index.ts";
import { failureOf, jobId, startJobServer } from "./job-server.ts";

test("a valid request reaches the handler and its reply the caller", async () => {
  await using setup = await startJobServer({
    getJob: async (request) => ({ job: { id: request.jobId } }),
  });
  const { job } = await setup.rpc.getJob({ jobId });
  expect(job?.id).toBe(jobId);
});

test("a list of at most 500 is served, one more is refused with the field's name", async () => {
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

test("bytes that are no message are the caller's fault, not a bug", async () => {
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

test("an outcome arrives with its reason, metadata and wait", async () => {
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

test("a bug reaches the caller as INTERNAL without its content, and the log once", async () => {
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

test("the caller's identity reaches the handler; a refused caller reaches nothing", async () => {
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

test("a cancelled call aborts the handler's signal", async () => {
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

test("a passed deadline aborts the handler's signal", async () => {
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
  // The deadline is to pass in the handler, and not on the way to it.
  await setup.rpc.listJobs({ queue: "documents" });
  expect(await failureOf(setup.rpc.getJob({ jobId }, { deadlineMs: 500 }))).toMatchObject({
    code: status.DEADLINE_EXCEEDED,
  });
  await aborted.promise;
});

test("a message at the limit is taken, a longer one is refused", async () => {
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

test("what gRPC says of an upstream that is away stays here: it holds an address", async () => {
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
