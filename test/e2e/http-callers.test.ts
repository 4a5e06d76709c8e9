import type { LocalSystem } from "@millrace/local";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpCaller, startHttpSystem } from "./http-system.ts";

let system: LocalSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(() => system[Symbol.asyncDispose]());
const setup = () => httpCaller(system);

interface Problem {
  readonly reason: string;
  readonly detail: string;
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
}
const problemOf = async (answer: Response) => (await answer.json()) as Problem;
/** Words of libraries, and names of the contract's messages, that only their programmers understand. */
const foreignWords = /\$typeName|decode|Invalid input|expected|received|millrace\.|google\./;

test("the trace of a submission is in its answer and in its job", async () => {
  const { postJob, call } = await setup();
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const answer = await postJob({}, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  const job = (await answer.json()) as { id: string; traceId: string };
  expect(job.traceId).toBe(traceId);
  expect(await (await call(`/v1/jobs/${job.id}`)).json()).toMatchObject({ traceId });
});

test("explain says over HTTP what holds a job, with the constraint's name and a message", async () => {
  const { postJob, call } = await setup();
  const runAt = "2999-01-01T00:00:00Z";
  const far = await postJob({ runAt });
  expect(far.status).toBe(400);
  const { id } = (await (await postJob()).json()) as { id: string };
  const answer = await call(`/v1/jobs/${id}/explain`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(await answer.json()).toMatchObject({
    state: "JOB_STATE_QUEUED",
    constraints: [{ kind: "CONSTRAINT_KIND_NO_WORKER", message: expect.any(String) }],
  });
  expect(await problemOf(await call(`/v1/jobs/${id}/explain?why=1`))).toMatchObject({
    violations: [{ field: "why", description: "is no parameter of this call" }],
  });
});

test("a batch accepts its good jobs, and tells of each other job what is wrong", async () => {
  const { call, queue } = await setup();
  const job = { queue, type: "held" };
  const post = (body: object, headers: Record<string, string> = {}) =>
    call("/v1/jobs:batch", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const answer = await post({
    jobs: [
      { ...job, payload: { a: 1 }, idempotencyKey: "one" },
      { ...job, runAt: "tomorrow" },
      { ...job, queue: "nowhere" },
      7,
      { ...job, idempotencyKey: "one", payload: { a: 1 } },
    ],
  });
  expect(answer.status).toBe(200);
  const { results } = (await answer.json()) as { results: Record<string, unknown>[] };
  expect(results).toMatchObject([
    { jobId: expect.stringContaining(queue), existing: false },
    { error: { reason: "MALFORMED", violations: [{ field: "run_at" }] } },
    { error: { reason: "QUEUE_NOT_FOUND" } },
    { error: { reason: "MALFORMED", violations: [{ field: "job" }] } },
    { jobId: results[0]?.jobId, existing: true },
  ]);
  expect(JSON.stringify(results)).not.toMatch(foreignWords);
  const stored = await call(`/v1/jobs/${results[0]?.jobId}`);
  expect(await stored.json()).toMatchObject({ payload: { a: 1 } });
  for (const [body, field, headers] of [
    [{ jobs: [] }, "jobs", {}],
    [{}, "jobs", {}],
    [{ jobs: Array.from({ length: 1_001 }, () => ({})) }, "jobs", {}],
    [{ jobs: [job], wait: 1 }, "wait", {}],
    [{ jobs: [job] }, "Idempotency-Key", { "idempotency-key": "a" }],
  ] as const) {
    const refused = await post(body, headers);
    expect(refused.status).toBe(400);
    expect(await problemOf(refused)).toMatchObject({ violations: [{ field }] });
  }
  const most = await post({ jobs: Array.from({ length: 1_000 }, () => job) });
  expect(((await most.json()) as { results: unknown[] }).results).toHaveLength(1_000);
});

const time = 'must be a time with its zone in the years 1 to 9999, such as "2027-01-31T08:00:00Z"';
const duration = 'must be a duration in seconds, such as "90s" or "0.25s"';

test.each<[object, string, string]>([
  [{ runAt: "tomorrow" }, "run_at", time],
  [{ deadline: 5 }, "deadline", time],
  [{ retry: { initialBackoff: "5m" } }, "retry.initial_backoff", duration],
  [{ nonsense: 1 }, "nonsense", "is no field of this message"],
  [{ runAt: "2999-01-01T00:00:00Z" }, "run_at", "must be at most 366 days ahead"],
])(
  "a job with %j is refused with the field and what it must be",
  async (job, field, description) => {
    const { postJob } = await setup();
    const problem = await problemOf(await postJob(job));
    expect(problem).toMatchObject({ reason: "MALFORMED", violations: [{ field, description }] });
    expect(problem.detail).toBe(`${field}: ${description}`);
    expect(JSON.stringify(problem)).not.toMatch(foreignWords);
  },
);

test("a violation that a scheduler found has the same two members", async () => {
  const { postJob } = await setup();
  const past = await postJob({ deadline: "2020-01-01T00:00:00Z" });
  const problem = await problemOf(past);
  expect(Object.keys(problem.violations?.[0] ?? {}).sort()).toEqual(["description", "field"]);
});

test.each(["deadline", "expiresAt"])(
  "a job whose %s is in the past or before its start is refused",
  async (name) => {
    const { postJob, call, queue } = await setup();
    const field = name === "deadline" ? "deadline" : "expires_at";
    const at = (ms: number) => new Date(Date.parse("2027-01-01T00:00:00Z") + ms).toISOString();
    const past = await problemOf(await postJob({ [name]: "2020-01-01T00:00:00Z" }));
    expect(past).toMatchObject({ reason: "MALFORMED", violations: [{ field }] });
    expect(past.detail).toContain("in the past");
    const order = await problemOf(await postJob({ runAt: at(1), [name]: at(0) }));
    expect(order).toMatchObject({
      violations: [{ field, description: "must not be before run_at" }],
    });
    expect((await postJob({ runAt: at(1), [name]: at(1) })).status).toBe(202);
    const listed = await call(`/v1/jobs?queue=${queue}`);
    expect(((await listed.json()) as { jobs: unknown[] }).jobs).toHaveLength(1);
  },
);

test("a submission that is repeated after its deadline finds its job", async () => {
  const { postJob, call } = await setup();
  const soon = new Date(Date.now() + 1_500).toISOString();
  const job = { deadline: soon, idempotencyKey: "once" };
  const { id } = (await (await postJob(job)).json()) as { id: string };
  expect(await (await call(`/v1/jobs/${id}?wait=30`)).json()).toMatchObject({
    state: "JOB_STATE_EXPIRED",
  });
  expect(await (await postJob(job)).json()).toMatchObject({ id, existing: true });
  expect((await postJob({ ...job, idempotencyKey: "twice" })).status).toBe(400);
});

test.each(["/v1/jobs", "/v1/groups", "/v1/schedules"])(
  "a list of %s names a queue that does not exist, a wrong page token and wrong parameters",
  async (path) => {
    const { call, queue } = await setup();
    const ask = async (query: string) => problemOf(await call(`${path}?${query}`));
    expect(await ask("queue=no-such-queue")).toMatchObject({ reason: "QUEUE_NOT_FOUND" });
    const token = await ask(`queue=${queue}&pageToken=%25%25`);
    expect(token).toMatchObject({ reason: "MALFORMED", violations: [{ field: "page_token" }] });
    const wrong = await ask("pageSize=many&queue=a&queue=b&size=1");
    expect(wrong.violations).toEqual([
      { field: "queue", description: "must be given only once" },
      {
        field: "pageSize",
        description: "must be a whole number from 0 to 500, in digits without a unit",
      },
      { field: "size", description: "is no parameter of this call" },
    ]);
    expect((await ask("pageSize=1")).violations).toEqual([
      { field: "queue", description: "is required" },
    ]);
    expect(JSON.stringify(wrong)).not.toMatch(foreignWords);
  },
);

test.each(["/v1/jobs", "/v1/groups", "/v1/schedules", "/v1/documents", "/v1/webhook-deliveries"])(
  "a list of %s refuses words that are no page token",
  async (path) => {
    const { call, queue } = await setup();
    const inQueue = /documents|deliveries/.test(path) ? "" : `queue=${queue}&`;
    // The second could be the name of a schedule, the third the id of an API key.
    for (const token of ["%25%25", "nightly", "k7f3q2m9", "schedule:", "doc_1", "0"]) {
      const problem = await problemOf(await call(`${path}?${inQueue}pageToken=${token}`));
      expect(problem, token).toMatchObject({
        reason: "MALFORMED",
        violations: [{ field: "page_token" }],
      });
    }
  },
);

test("Connect in JSON names the fields too", async () => {
  const { call, queue } = await setup();
  const answer = await call("/millrace.jobs.v1.JobService/SubmitJob", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ job: { queue, type: "a", runAt: "tomorrow" } }),
  });
  expect(answer.status).toBe(400);
  const error = (await answer.json()) as { code: string; message: string; details: unknown[] };
  expect(error).toMatchObject({ code: "invalid_argument", message: `job.run_at: ${time}` });
  expect(JSON.stringify(error.details)).toContain("google.rpc.BadRequest");
});
