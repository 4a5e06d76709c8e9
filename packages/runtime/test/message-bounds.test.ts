import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { status } from "@grpc/grpc-js";
import type { JobSpecSchema } from "@millrace/proto/job";
import { BadRequestSchema, ErrorInfoSchema } from "@millrace/proto/rpc-error-details";
import { describe, expect, test } from "vitest";
import { jobsBy, startHttpServer, transports } from "./http-server.ts";
import { failureOf, startJobServer } from "./job-server.ts";

/** The limit of one message: small, so that a test reaches both sides of it. */
const messageFields = 100;
const limits = { messageFields };
const spec = { queue: "documents", type: "echo" };

type Job = MessageInitShape<typeof JobSpecSchema>;

const withList = (elements: number): Job => ({
  ...spec,
  payload: { case: "payloadStruct", value: { a: Array(elements).fill(0) } },
});
const jobs = (count: number) => Array.from({ length: count }, () => ({}));

const faultFieldsOf = (error: unknown) => {
  if (!(error instanceof ConnectError)) throw error;
  const [info] = error.findDetails(ErrorInfoSchema);
  const fields = error.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations);
  return { reason: info?.reason, fields: fields.map(({ field }) => field) };
};

describe.each(transports)("%s", (_, make) => {
  test("refuses a list that is longer than the contract allows, by its name", async () => {
    await using setup = await startHttpServer({ submitJobs: async () => ({}) });
    const rpc = jobsBy(make, setup.url);
    await rpc.submitJobs({ jobs: jobs(1_000) });
    const fault = faultFieldsOf(await failureOf(rpc.submitJobs({ jobs: jobs(1_001) })));
    expect(fault).toEqual({ reason: "MALFORMED", fields: ["jobs"] });
    expect(setup.codes()).toEqual([status.OK, status.INVALID_ARGUMENT]);
  });

  test("refuses a message of too many fields before a handler sees it", async () => {
    const lengths: number[] = [];
    await using setup = await startHttpServer(
      {
        submitJob: async ({ job }) => {
          const { payload } = job ?? {};
          if (payload?.case === "payloadStruct") lengths.push((payload.value.a as []).length);
          return {};
        },
      },
      { limits },
    );
    const rpc = jobsBy(make, setup.url);
    await rpc.submitJob({ job: withList(40) });
    const error = await failureOf(rpc.submitJob({ job: withList(messageFields) }));
    expect(faultFieldsOf(error)).toMatchObject({ reason: "TOO_LARGE" });
    expect(lengths).toEqual([40]);
    expect(setup.bugs).toEqual([]);
  });
});

test("checks each message of a stream by itself", async () => {
  await using setup = await startJobServer(
    {
      async *submitStream(requests) {
        for await (const { jobs } of requests) yield { goneJobIds: [String(jobs.length)] };
      },
    },
    { limits },
  );
  const call = setup.rpc.submitStream();
  const answers = call.responses[Symbol.asyncIterator]();
  for (let message = 0; message < 5; message += 1) {
    await call.write({ jobs: [{ sequence: 1n, job: withList(30) }] });
    expect((await answers.next()).value.goneJobIds).toEqual(["1"]);
  }
  await call.write({ jobs: [{ sequence: 1n, job: withList(messageFields) }] });
  expect(await failureOf(answers.next())).toMatchObject({ reason: "TOO_LARGE" });
});

test("refuses the same on gRPC's own port", async () => {
  await using setup = await startJobServer(
    { submitJob: async () => ({}), submitJobs: async () => ({}) },
    { limits },
  );
  await setup.rpc.submitJob({ job: withList(40) });
  expect(await failureOf(setup.rpc.submitJob({ job: withList(messageFields) }))).toMatchObject({
    code: status.INVALID_ARGUMENT,
    reason: "TOO_LARGE",
    violations: [{ field: "job.payload_struct" }],
  });
});

test("accepts an envelope in any pieces, and several in one piece", async () => {
  await using setup = await startHttpServer({
    async *submitStream(requests) {
      for await (const { jobs } of requests) yield { goneJobIds: [String(jobs[0]?.sequence)] };
    },
  });
  const rpc = jobsBy((baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" }), setup.url);
  const payload = { case: "payloadJson" as const, value: `{"a":"${"x".repeat(100_000)}"}` };
  const requests = async function* () {
    for (let at = 0; at < 20; at += 1) {
      const job = at % 2 === 0 ? { ...spec, payload } : spec;
      yield { jobs: [{ sequence: BigInt(at), job }] };
    }
  };
  const seen: string[] = [];
  for await (const { goneJobIds } of rpc.submitStream(requests())) seen.push(...goneJobIds);
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
});
