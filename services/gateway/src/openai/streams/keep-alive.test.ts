import { rpcError } from "@millrace/runtime";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { eventStream, type JsonReply, jsonWhenReady } from "./keep-alive.ts";

const fault = () => rpcError({ reason: "DEPTH_FULL", message: "too many" });

function setup() {
  const clock = new ManualClock();
  const work = Promise.withResolvers<JsonReply>();
  return { clock, work, answer: jsonWhenReady(work.promise, clock) };
}

async function* reading(body: unknown): AsyncGenerator<string> {
  yield* body as AsyncIterable<string>;
}

test("JSON that is there soon has its own headers, and an error its own status", async () => {
  const soon = setup();
  soon.work.resolve({ json: "{}", headers: { a: "b" } });
  expect(await soon.answer).toMatchObject({ status: 200, body: "{}", headers: { a: "b" } });
  const refused = setup();
  refused.work.reject(fault());
  await expect(refused.answer).rejects.toMatchObject({ reason: "DEPTH_FULL" });
  expect(refused.clock.pending).toBe(0);
});

test("JSON that takes long follows white space", async () => {
  const { clock, work, answer } = setup();
  clock.advance(25_000);
  const body = reading((await answer).body);
  expect((await body.next()).value).toBe(" ");
  const second = body.next();
  await Promise.resolve();
  clock.advance(15_000);
  expect((await second).value).toBe(" ");
  work.resolve({ json: '{"a":1}', headers: {} });
  expect((await body.next()).value).toBe('{"a":1}');
  expect((await body.next()).done).toBe(true);
});

test("an error after white space is told in the body", async () => {
  const { clock, work, answer } = setup();
  clock.advance(25_000);
  const body = reading((await answer).body);
  await body.next();
  work.reject(fault());
  expect(JSON.parse((await body.next()).value ?? "")).toMatchObject({
    error: { code: "depth_full", type: "rate_limit_error", message: "too many" },
  });
});

test("an error before the first event is thrown, and a later one is an event", async () => {
  const clock = new ManualClock();
  const streamed = (events: () => AsyncGenerator<string>) =>
    reading(eventStream(events(), {}, clock).body);
  const early = streamed(async function* () {
    yield* [];
    throw fault();
  });
  await expect(early.next()).rejects.toMatchObject({ reason: "DEPTH_FULL" });
  const late = streamed(async function* () {
    yield "data: 1\n\n";
    throw fault();
  });
  expect((await late.next()).value).toBe("data: 1\n\n");
  expect((await late.next()).value).toMatch(/^data: {"error":{.*"code":"depth_full"}}\n\n$/);
  expect((await late.next()).done).toBe(true);
});
