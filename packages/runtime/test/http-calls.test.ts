import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { status } from "@grpc/grpc-js";
import { WatchJobResponseSchema } from "@millrace/proto/job-service";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "@millrace/proto/rpc-error-details";
import { expect, test } from "vitest";
import { type CallHeaders, rpcError } from "../src/index.ts";
import { jobsBy, startHttpServer, transports } from "./http-server.ts";
import { failureOf, jobId } from "./job-server.ts";

const output = (offset: number) =>
  create(WatchJobResponseSchema, {
    event: {
      case: "chunks",
      value: { chunks: [{ offset: BigInt(offset), content: { case: "text", value: "x" } }] },
    },
  });

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

test.each(transports)(
  "by %s brings a request to the handler and its answer to the caller",
  async (_, make) => {
    await using setup = await startHttpServer({
      getJob: async (request, { path }) => ({ job: { id: request.jobId, type: path } }),
    });
    const { job } = await jobsBy(make, setup.url).getJob({ jobId });
    expect(job).toMatchObject({ id: jobId, type: "/millrace.jobs.v1.JobService/GetJob" });
    expect(setup.codes()).toEqual([status.OK]);
  },
);

test.each(transports)(
  "by %s refuses what breaks the contract's rules, with the field's name",
  async (_, make) => {
    await using setup = await startHttpServer({ listJobs: async () => ({}) });
    const jobs = jobsBy(make, setup.url);
    await jobs.listJobs({ queue: "documents", pageSize: 500 });
    const error = await failureOf(jobs.listJobs({ queue: "documents", pageSize: 501 }));
    if (!(error instanceof ConnectError)) throw error;
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "MALFORMED" }]);
    expect(error.findDetails(BadRequestSchema)).toMatchObject([
      { fieldViolations: [{ field: "page_size" }] },
    ]);
    expect(setup.codes()).toEqual([status.OK, status.INVALID_ARGUMENT]);
  },
);

test.each(transports)(
  "by %s sends an outcome with its reason, metadata and retry delay",
  async (_, make) => {
    await using setup = await startHttpServer({
      getJob: async () => {
        const metadata = { queue: "documents" };
        throw rpcError({ reason: "DEPTH_FULL", message: "full", metadata, retryDelayMs: 1_500 });
      },
    });
    const error = await failureOf(jobsBy(make, setup.url).getJob({ jobId }));
    if (!(error instanceof ConnectError)) throw error;
    expect(error).toMatchObject({ code: Code.ResourceExhausted, rawMessage: "full" });
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([
      { reason: "DEPTH_FULL", metadata: { queue: "documents" } },
    ]);
    expect(error.findDetails(RetryInfoSchema)).toMatchObject([
      { retryDelay: { seconds: 1n, nanos: 500_000_000 } },
    ]);
    expect(setup.bugs).toEqual([]);
  },
);

test.each(transports)(
  "by %s answers a bug with INTERNAL without its content, and reports it once to the log",
  async (_, make) => {
    const bug = new Error("redis://user:hunter2@10.0.0.1 refused");
    await using setup = await startHttpServer({
      getJob: async () => {
        throw bug;
      },
      async *watchJob() {
        yield output(0);
        throw bug;
      },
    });
    const jobs = jobsBy(make, setup.url);
    const watched = async () => {
      for await (const _ of jobs.watchJob({ jobId }));
    };
    for (const error of [await failureOf(jobs.getJob({ jobId })), await failureOf(watched())]) {
      expect(error).toMatchObject({ code: Code.Internal, rawMessage: "internal error" });
    }
    expect(setup.bugs).toEqual([bug, bug]);
    expect(setup.codes()).toEqual([status.INTERNAL, status.INTERNAL]);
  },
);

test.each(transports)(
  "by %s keeps a refused caller from the handler, and identifies a known one to it",
  async (_, make) => {
    const identities: string[] = [];
    await using setup = await startHttpServer(
      {
        getJob: async (_, { identity }) => {
          identities.push(identity);
          return {};
        },
        async *watchJob(_, { identity }) {
          identities.push(identity);
          yield output(0);
        },
      },
      {
        authenticate: async (headers: CallHeaders) => {
          if (headers.get("authorization") === "Bearer good") return "owner";
          throw rpcError({ reason: "UNAUTHENTICATED", message: "unknown key" });
        },
      },
    );
    const jobs = jobsBy(make, setup.url);
    const watched = async (key: string) => {
      for await (const _ of jobs.watchJob({ jobId }, bearer(key)));
    };
    await jobs.getJob({ jobId }, bearer("good"));
    await watched("good");
    const refused = { code: Code.Unauthenticated };
    expect(await failureOf(jobs.getJob({ jobId }, bearer("bad")))).toMatchObject(refused);
    expect(await failureOf(watched("bad"))).toMatchObject(refused);
    expect(identities).toEqual(["owner", "owner"]);
  },
);

test.each(transports)("by %s sends a stream in order and whole", async (_, make) => {
  await using setup = await startHttpServer({
    async *watchJob() {
      for (let offset = 0; offset < 500; offset += 1) yield output(offset);
    },
  });
  const offsets: bigint[] = [];
  for await (const { event } of jobsBy(make, setup.url).watchJob({ jobId })) {
    if (event.case === "chunks") offsets.push(...event.value.chunks.map(({ offset }) => offset));
  }
  expect(offsets).toEqual(Array.from({ length: 500 }, (_, index) => BigInt(index)));
});

test.each(transports)(
  "by %s aborts the handler and ends its source when the caller leaves a stream",
  async (_, make) => {
    const left = Promise.withResolvers<unknown>();
    const ended = Promise.withResolvers<void>();
    await using setup = await startHttpServer({
      async *watchJob(_, { signal }) {
        signal.addEventListener("abort", () => left.resolve(signal.reason));
        try {
          yield output(0);
          await untilAborted(signal);
        } finally {
          ended.resolve();
        }
      },
    });
    // Leaving the loop would not cancel the call.
    const caller = new AbortController();
    const watching = jobsBy(make, setup.url).watchJob({ jobId }, { signal: caller.signal });
    await watching[Symbol.asyncIterator]().next();
    caller.abort();
    expect(await left.promise).toMatchObject({ code: status.CANCELLED });
    await ended.promise;
    expect(setup.bugs).toEqual([]);
  },
);

test.each(transports)("by %s aborts the handler at a passed deadline", async (_, make) => {
  const aborted = Promise.withResolvers<unknown>();
  await using setup = await startHttpServer({
    getJob: (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          aborted.resolve(signal.reason);
          reject(new Error("interrupted"));
        }),
      ),
  });
  const error = await failureOf(jobsBy(make, setup.url).getJob({ jobId }, { timeoutMs: 50 }));
  expect(error).toMatchObject({ code: Code.DeadlineExceeded });
  expect([status.DEADLINE_EXCEEDED, status.CANCELLED]).toContain(
    ((await aborted.promise) as { code: status }).code,
  );
  expect(setup.bugs).toEqual([]);
});

test.each(transports)("by %s does not abort the signal after success", async (_, make) => {
  const signals: AbortSignal[] = [];
  await using setup = await startHttpServer({
    getJob: async (_, { signal }) => {
      signals.push(signal);
      return {};
    },
    async *watchJob(_, { signal }) {
      signals.push(signal);
      yield output(0);
    },
  });
  const jobs = jobsBy(make, setup.url);
  await jobs.getJob({ jobId });
  for await (const _ of jobs.watchJob({ jobId }));
  await jobs.getJob({ jobId });
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
});

test.each(transports)(
  "by %s accepts a message at the limit, and refuses a longer one",
  async (_, make) => {
    await using setup = await startHttpServer(
      { submitJob: async () => ({}) },
      { limits: { messageBytes: 2_000 } },
    );
    const jobs = jobsBy(make, setup.url);
    const send = (bytes: number) =>
      jobs.submitJob({
        job: {
          queue: "documents",
          type: "echo",
          payload: { case: "payloadJson", value: "x".repeat(bytes) },
        },
      });
    await send(1_900);
    const error = await failureOf(send(2_000));
    expect(error).toMatchObject({ code: Code.ResourceExhausted });
    expect(setup.codes()).toEqual([status.OK, status.RESOURCE_EXHAUSTED]);
  },
);
