import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { LocalSystem } from "@millrace/local";
import { CreateJobTokenResponseSchema } from "@millrace/proto/job-service";
import { systemClock } from "@millrace/shared";
import { EventSource } from "eventsource";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startLogged } from "../faults/setup.ts";
import { httpCaller } from "./http-system.ts";

const LONGEST_MS = 60_000;
let started: Awaited<ReturnType<typeof startLogged>>;
let system: LocalSystem;
beforeAll(async () => {
  started = await startLogged({
    workers: 0,
    settings: {
      gateway: {
        MILLRACE_KEY_CACHE_MS: "0",
        MILLRACE_JOB_TOKEN_MS: String(LONGEST_MS),
        MILLRACE_LOG_LEVEL: "debug",
        MILLRACE_HTTP_ALLOWED_ORIGINS: "https://app.example",
      },
    },
  });
  system = started.system;
});
afterAll(() => system[Symbol.asyncDispose]());

/** A caller with one job, and tokens for it. */
async function setup() {
  const caller = await httpCaller(system);
  const post = async () => ((await (await caller.postJob()).json()) as { id: string }).id;
  const id = await post();
  const ask = async (query = "", of = id) => {
    const answer = await caller.call(`/v1/jobs/${of}/token${query}`, { method: "POST" });
    expect(answer.status).toBe(201);
    return fromJson(CreateJobTokenResponseSchema, (await answer.json()) as JsonObject);
  };
  const open = (path: string, init?: RequestInit) => fetch(system.httpUrl + path, init);
  const by = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  return { ...caller, id, post, ask, open, by };
}
const reasonOf = async (answer: Response) => ((await answer.json()) as { reason: string }).reason;

test("a token reads its job, by header and by query, and no other job of its key", async () => {
  const { id, ask, open, by, post } = await setup();
  const { token } = await ask();
  for (const path of ["", "/explain"]) {
    expect((await open(`/v1/jobs/${id}${path}`, by(token))).status).toBe(200);
    expect((await open(`/v1/jobs/${id}${path}?token=${token}`)).status).toBe(200);
  }
  const other = await post();
  expect(await reasonOf(await open(`/v1/jobs/${other}`, by(token)))).toBe("JOB_NOT_FOUND");
  expect(await reasonOf(await open(`/v1/jobs/${other}?token=${token}`))).toBe("JOB_NOT_FOUND");
});

test("a token to read does not cancel, and a token to cancel does, but only by header", async () => {
  const { id, ask, open, by } = await setup();
  const path = `/v1/jobs/${id}`;
  const read = await ask();
  const refused = await open(path, { method: "DELETE", ...by(read.token) });
  expect([refused.status, await reasonOf(refused)]).toEqual([403, "NOT_ALLOWED"]);
  const { token } = await ask("?right=cancel");
  expect((await open(`${path}?token=${token}`, { method: "DELETE" })).status).toBe(401);
  const cancelled = await open(path, { method: "DELETE", ...by(token) });
  expect(await cancelled.json()).toMatchObject({ state: "JOB_STATE_CANCELLED" });
});

test("a token lives for the time asked, and never longer than the setting allows", async () => {
  const { ask } = await setup();
  for (const [query, expected] of [
    ["", LONGEST_MS],
    ["?lifetime=1", 1_000],
    ["?lifetime=59", 59_000],
    ["?lifetime=60", LONGEST_MS],
    ["?lifetime=86400", LONGEST_MS],
  ] as const) {
    const before = systemClock.nowMs();
    const { expireTime } = await ask(query);
    const livesMs = (expireTime === undefined ? 0 : timestampMs(expireTime)) - before;
    // The end is a whole second, rounded down, and the answer took some time.
    expect(livesMs).toBeGreaterThan(expected - 1_001);
    expect(livesMs).toBeLessThan(expected + (systemClock.nowMs() - before) + 1);
  }
});

test.each(["?lifetime=0", "?lifetime=86401", "?lifetime=1m", "?right=write", "?rights=read"])(
  "a token with %s is refused, and the parameter is named",
  async (query) => {
    const { id, call } = await setup();
    const answer = await call(`/v1/jobs/${id}/token${query}`, { method: "POST" });
    expect(answer.status).toBe(400);
    const { violations } = (await answer.json()) as { violations: { field: string }[] };
    expect(violations.map(({ field }) => field)).toEqual([query.slice(1).split("=")[0]]);
  },
);

test("a token of an unknown job is not made, and a changed token is not accepted", async () => {
  const { noJob, call, ask, open, by, id } = await setup();
  expect((await call(`/v1/jobs/${noJob}/token`, { method: "POST" })).status).toBe(404);
  const { token } = await ask();
  const [, end = ""] = token.split(".");
  for (const forged of [
    token.replace("mrj_read", "mrj_cancel"),
    token.replace(end, String(Number(end) + 60)),
    `${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`,
  ]) {
    expect(await reasonOf(await open(`/v1/jobs/${id}`, by(forged)))).toBe("UNAUTHENTICATED");
  }
});

test("an API key in the query is not accepted, and `token` is no parameter elsewhere", async () => {
  const { id, apiKey, open, ask, queue } = await setup();
  expect((await open(`/v1/jobs/${id}?token=${apiKey}`)).status).toBe(401);
  const { token } = await ask();
  expect((await open(`/v1/jobs?queue=${queue}&token=${token}`)).status).toBe(401);
});

/** Opens the events of a job as a browser does: without headers, from the page of an allowed origin. */
function eventSource(url: string): EventSource {
  const source = new EventSource(url, {
    fetch: (input, init) =>
      fetch(input, {
        ...init,
        headers: { ...init?.headers, origin: "https://app.example" },
      } as RequestInit),
  });
  onTestFinished(() => source.close());
  return source;
}

const once = (source: EventSource, name: string) =>
  new Promise<Record<string, unknown>>((resolve) => {
    source.addEventListener(name, ({ data }) => resolve(JSON.parse(data)), { once: true });
  });

test("an EventSource follows a job to its end without the API key", async () => {
  const { id, ask, startWorker } = await setup();
  const { token } = await ask();
  const source = eventSource(`${system.httpUrl}/v1/jobs/${id}/events?token=${token}`);
  expect(await once(source, "job")).toMatchObject({ id, state: "JOB_STATE_QUEUED" });
  const running = once(source, "job");
  const { next } = startWorker();
  const held = await next();
  expect(await running).toMatchObject({ state: "JOB_STATE_RUNNING" });
  const text = once(source, "text");
  await held.write("hello");
  expect(await text).toMatchObject({ text: "hello" });
  const end = once(source, "job");
  held.finish({ done: true });
  expect(await end).toMatchObject({ state: "JOB_STATE_SUCCEEDED", result: { done: true } });
});

test("a stream ends when its token ends, and when its API key is revoked", async () => {
  const { id, ask, open, revoke } = await setup();
  const streamOf = async (token: string) => {
    const answer = await open(`/v1/jobs/${id}/events?token=${token}`);
    expect(answer.status).toBe(200);
    let text = "";
    const readToEnd = async () => {
      try {
        const decoder = new TextDecoder();
        for await (const piece of answer.body ?? []) text += decoder.decode(piece);
      } catch {
        // The gateway cuts a stream that it ends before the final state.
      }
      return text;
    };
    return { ended: readToEnd() };
  };
  const short = await streamOf((await ask("?lifetime=2")).token);
  expect(await short.ended).toContain(": UNAUTHENTICATED");
  const { token } = await ask();
  const long = await streamOf(token);
  await revoke();
  expect(await long.ended).toContain(": UNAUTHENTICATED");
  expect((await open(`/v1/jobs/${id}?token=${token}`)).status).toBe(401);
});

test("a page of an allowed origin may read the answer, and one of another origin may not", async () => {
  const { id, ask } = await setup();
  const { token } = await ask();
  const from = (origin: string) =>
    fetch(`${system.httpUrl}/v1/jobs/${id}?token=${token}`, { headers: { origin } });
  const allowed = await from("https://app.example");
  expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
  const other = await from("https://evil.example");
  expect(other.headers.get("access-control-allow-origin")).toBeNull();
});

test("no token is in the log of any service, not even at level debug", async () => {
  const { id, ask, open, by } = await setup();
  const { token } = await ask();
  await open(`/v1/jobs/${id}?token=${token}`);
  await open(`/v1/jobs/${id}/nothing?token=${token}`);
  await open(`/v1/jobs/${id}?token=${token}x`);
  await open(`/v1/jobs/${id}`, by(token));
  await open(`/v1/jobs/${id}`, { method: "DELETE", ...by(token) });
  const lines = started.log.items.map((line) => JSON.stringify(line)).join("\n");
  expect(lines).toContain(id);
  expect(lines).not.toContain(token.slice(-20));
  expect(lines).not.toMatch(/mrj_(read|cancel)\./);
});
