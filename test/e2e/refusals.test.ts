import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import type { LocalSystem } from "@millrace/local";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { ErrorInfoSchema } from "@millrace/proto/rpc-error-details";
import { grpcClient, RpcFault } from "@millrace/runtime";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { httpCaller, startHttpSystem } from "./http-system.ts";

let system: LocalSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

type Spec = MessageInitShape<typeof JobSpecSchema>;

/** The calls that these tests need, over one protocol. */
interface Jobs {
  submitJob(request: {
    job: Spec;
  }): Promise<{ job?: { id: string } | undefined; existing: boolean }>;
  listJobs(request: { queue: string; pageToken?: string }): Promise<{ jobs: { id: string }[] }>;
  getJob(request: { jobId: string }): Promise<{ job?: Pick<JobSpec, "deadline"> | undefined }>;
}

const connectTo =
  (transport: typeof createConnectTransport, useBinaryFormat: boolean) =>
  (apiKey: string): Jobs => {
    const withKey: Interceptor = (next) => (request) => {
      request.header.set("authorization", `Bearer ${apiKey}`);
      return next(request);
    };
    const httpVersion = "1.1" as const;
    const options = { baseUrl: system.httpUrl, httpVersion, useBinaryFormat };
    return createClient(JobService, transport({ ...options, interceptors: [withKey] }));
  };

const protocols: [string, (apiKey: string) => Jobs][] = [
  [
    "gRPC",
    (token) => {
      const client = grpcClient(JobService, system.gatewayTarget(), { token });
      onTestFinished(() => client.close());
      return client.rpc;
    },
  ],
  ["Connect in JSON", connectTo(createConnectTransport, false)],
  ["Connect in binary", connectTo(createConnectTransport, true)],
  ["gRPC-Web", connectTo(createGrpcWebTransport, true)],
];

async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcFault) return error.reason;
    return ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason;
  }
  return undefined;
}

const lastMoment = { seconds: 253_402_300_799n, nanos: 999_900_000 };

describe.each(protocols)("by %s", (_, connect) => {
  const setup = async () => {
    const caller = await httpCaller(system);
    const jobs = connect(caller.apiKey);
    const submit = (job: Spec) =>
      jobs.submitJob({ job: { queue: caller.queue, type: "a", ...job } });
    return { ...caller, jobs, submit };
  };

  test.each(["garbage", "0", "01JDXW5T5Q6M3C9N2V8K4H7R1", "01jdxw5t5q6m3c9n2v8k4h7r1b", "+", "-"])(
    "the page token %j, which no list returned, is refused",
    async (pageToken) => {
      const { jobs, queue } = await setup();
      expect(await reasonOf(jobs.listJobs({ queue, pageToken }))).toBe("MALFORMED");
    },
  );

  test("a payload one byte over the limit is TOO_LARGE, not MALFORMED", async () => {
    const { submit } = await setup();
    const ofBytes = (bytes: number): Spec => ({
      payload: { case: "payloadJson", value: `{"a":"${"x".repeat(bytes - 8)}"}` },
    });
    expect((await submit(ofBytes(262_144))).job?.id).toBeDefined();
    expect(await reasonOf(submit(ofBytes(262_145)))).toBe("TOO_LARGE");
    const asStruct = {
      payload: { case: "payloadStruct" as const, value: { a: "x".repeat(262_137) } },
    };
    expect(await reasonOf(submit(asStruct))).toBe("TOO_LARGE");
  });

  test("a deadline at the end of the year 9999 is returned, and lists still work", async () => {
    const { submit, jobs, queue, call } = await setup();
    const { job } = await submit({ deadline: lastMoment, expiresAt: lastMoment });
    const jobId = job?.id ?? "";
    const { deadline } = (await jobs.getJob({ jobId })).job ?? {};
    expect(deadline && timestampMs(deadline)).toBe(253_402_300_799_999);
    expect((await jobs.listJobs({ queue })).jobs).toMatchObject([{ id: jobId }]);
    const listed = await call(`/v1/jobs?queue=${queue}`);
    expect(await listed.json()).toMatchObject({ jobs: [{ deadline: "9999-12-31T23:59:59.999Z" }] });
  });

  test("a payload in another order is the same content for its idempotency key", async () => {
    const { submit } = await setup();
    const withPayload = (value: Record<string, never>): Spec => ({
      idempotencyKey: "once",
      payload: { case: "payloadStruct", value },
    });
    const one = await submit(withPayload({ a: 1, b: [1, { c: 2, d: 3 }] } as never));
    const other = await submit(withPayload({ b: [1, { d: 3, c: 2 }], a: 1 } as never));
    expect([other.job?.id, other.existing]).toEqual([one.job?.id, true]);
    expect(await reasonOf(submit(withPayload({ a: 2 } as never)))).toBe("IDEMPOTENCY_CONFLICT");
  });
});

test.each([
  ["gRPC", protocols[0]],
  ["Connect in binary", protocols[2]],
] as const)(
  "by %s, a time out of the range of Timestamp is refused with its field name",
  async (_, protocol) => {
    const { apiKey, queue } = await httpCaller(system);
    const jobs = protocol?.[1](apiKey);
    for (const deadline of [{ seconds: 253_402_300_800n }, { seconds: 2n ** 62n }, { nanos: -1 }]) {
      const job = create(JobSpecSchema, { queue, type: "a", deadline });
      expect(await reasonOf(jobs?.submitJob({ job }) ?? Promise.resolve())).toBe("MALFORMED");
    }
  },
);

describe("by plain HTTP", () => {
  const problemOf = async (response: Response) => {
    const { reason, violations } = (await response.json()) as Record<string, unknown>;
    return { status: response.status, reason, violations };
  };

  test("a page token that no list returned is refused", async () => {
    const { call, queue } = await httpCaller(system);
    const refused = await call(`/v1/jobs?queue=${queue}&pageToken=garbage`);
    expect(await problemOf(refused)).toMatchObject({
      ...{ status: 400, reason: "MALFORMED", violations: [{ field: "page_token" }] },
    });
  });

  test("payloadJson one byte over the limit is a 413", async () => {
    const { postJob } = await httpCaller(system);
    const postBytes = (bytes: number) =>
      postJob({ payloadJson: `{"a":"${"x".repeat(bytes - 8)}"}` });
    expect((await postBytes(262_144)).status).toBe(202);
    expect(await problemOf(await postBytes(262_145))).toMatchObject({
      status: 413,
      reason: "TOO_LARGE",
    });
  });

  test("a body with more members than a payload may have is refused before it is decoded", async () => {
    const { postJob } = await httpCaller(system);
    const postElements = (elements: number) => postJob({ payload: { a: Array(elements).fill(0) } });
    expect((await postElements(131_000)).status).toBe(202);
    expect(await problemOf(await postElements(300_000))).toMatchObject({
      status: 413,
      reason: "TOO_LARGE",
    });
  });

  test("members in another order and numbers in another form are the same content", async () => {
    const { postJob } = await httpCaller(system);
    const postPayload = (payloadJson: string) =>
      postJob({ payloadJson }, { "idempotency-key": "once" });
    const first = (await (await postPayload('{"a":1,"b":[100]}')).json()) as { id: string };
    expect(await (await postPayload('{ "b": [1e2], "a": 1.0 }')).json()).toMatchObject({
      id: first.id,
    });
    expect((await postPayload('{"a":1,"b":[101]}')).status).toBe(409);
  });

  test.each(["18446744073709551615", "18446744073709551616", "99999999999999999999999", "x", "-1"])(
    "Last-Event-ID: %s is refused, because no offset follows it",
    async (id) => {
      const { postJob, call } = await httpCaller(system);
      const location = (await postJob()).headers.get("location");
      const refused = await call(`${location}/events`, { headers: { "last-event-id": id } });
      expect(await problemOf(refused)).toMatchObject({
        ...{ status: 400, reason: "MALFORMED", violations: [{ field: "Last-Event-ID" }] },
      });
    },
  );

  test("Last-Event-ID may be the second largest offset", async () => {
    const { postJob, call } = await httpCaller(system);
    const location = (await postJob()).headers.get("location");
    const left = new AbortController();
    const events = await call(`${location}/events`, {
      headers: { "last-event-id": "18446744073709551614" },
      signal: left.signal,
    });
    expect(events.status).toBe(200);
    left.abort();
  });
});
