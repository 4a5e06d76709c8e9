import { type LocalSystem, startSystem } from "@millrace/local";
import { redisCommand } from "@millrace/testing";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { httpCaller, startHttpSystem } from "./http-system.ts";

let system: LocalSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

/** Provides a running job, and functions to watch it. */
async function setup(target: LocalSystem = system) {
  const caller = await httpCaller(target);
  const { next } = caller.startWorker();
  const { id } = (await (await caller.postJob({ payload: { a: 1 } })).json()) as { id: string };
  const job = await next();
  const open = async (query = "", headers: Record<string, string> = {}) => {
    const cut = new AbortController();
    onTestFinished(() => cut.abort());
    const init = { headers, signal: cut.signal };
    const response = await caller.call(`/v1/jobs/${id}/events${query}`, init);
    return { response, events: eventsOf(response), cut: () => cut.abort() };
  };
  return { ...caller, id, job, next, open };
}

async function* eventsOf(response: Response): AsyncGenerator<EventSourceMessage> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    parser.feed(piece);
    yield* events.splice(0);
  }
}

const dataOf = ({ data }: EventSourceMessage) => JSON.parse(data) as Record<string, unknown>;

async function until(events: AsyncIterator<EventSourceMessage>, name: string) {
  for (;;) {
    const next = await events.next();
    if (next.done === true) throw new Error(`the stream ended before ${name}`);
    if (next.value.event === name) return next.value;
  }
}

test("the events are the job as it is, its output by offset, and at last its final state", async () => {
  const { job, open } = await setup();
  const { response, events } = await open();
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  await job.write("Hello ");
  await job.progress(1, 2, "half");
  await job.write("wörld\n");
  job.finish({ words: 2 });
  const seen: EventSourceMessage[] = [];
  for await (const event of events) seen.push(event);
  expect(dataOf(seen[0] as EventSourceMessage)).toMatchObject({ state: "JOB_STATE_RUNNING" });
  const output = seen.filter(({ event }) => event !== "job");
  expect(output.map(({ id }) => Number(id))).toEqual(output.map((_, index) => index));
  const text = output.filter(({ event }) => event === "text").map((event) => dataOf(event).text);
  expect(text.join("")).toBe("Hello wörld\n");
  expect(output.filter(({ event }) => event === "progress").map(dataOf)).toMatchObject([
    { progress: { done: 1, total: 2, message: "half" } },
  ]);
  const last = seen.at(-1) as EventSourceMessage;
  expect([last.event, last.id]).toEqual(["job", undefined]);
  expect(dataOf(last)).toMatchObject({ state: "JOB_STATE_SUCCEEDED", result: { words: 2 } });
  expect(dataOf(last)).not.toHaveProperty("payload");
});

test("Last-Event-ID continues after a cut without a gap or a repeat", async () => {
  const { job, open } = await setup();
  const words = Array.from({ length: 40 }, (_, index) => `${index} `);
  let text = "";
  let last: string | undefined;
  let written = 0;
  for (let cuts = 0; cuts < 4; cuts += 1) {
    const { events, cut } = await open(
      "?from=0",
      last === undefined ? {} : { "last-event-id": last },
    );
    for (let read = 0; read < 10; read += 1) {
      await job.write(words[written++] ?? "");
      const event = await until(events, "text");
      text += dataOf(event).text;
      last = event.id;
    }
    cut();
  }
  job.finish(1);
  const { events } = await open("?from=0", { "last-event-id": last ?? "" });
  const rest: EventSourceMessage[] = [];
  for await (const event of events) rest.push(event);
  expect(rest.map(({ event }) => event)).not.toContain("text");
  expect(text).toBe(words.join(""));
});

test("?from starts at an offset, and an invalid offset is refused", async () => {
  const { job, open } = await setup();
  await job.write("a");
  await job.progress(1, 1, "");
  await job.write("b");
  job.finish(1);
  const { events: all } = await open();
  const offsets: string[] = [];
  for await (const { id } of all) if (id !== undefined) offsets.push(id);
  const { events } = await open(`?from=${offsets.at(-1)}`);
  expect((await until(events, "text")).id).toBe(offsets.at(-1));
  for (const from of ["-1", "x", "18446744073709551616"]) {
    expect((await open(`?from=${from}`)).response.status).toBe(400);
  }
  expect((await open("", { "last-event-id": "x" })).response.status).toBe(400);
});

test("a second attempt sends a reset event for the first attempt's output", async () => {
  const { open, job, next } = await setup();
  const { events } = await open();
  await job.write("wrong");
  await until(events, "text");
  job.fail(new Error("again"));
  const second = await next();
  second.finish(1);
  await until(events, "reset");
  for await (const event of events) {
    if (event.event === "job") expect(dataOf(event)).toHaveProperty("state");
  }
});

test("missing output is a 410 while the job runs, and the result is still sent once it has ended", async () => {
  const { job, id, open, call } = await setup();
  await job.write("a");
  await until((await open()).events, "text");
  const remove = "return redis.call('DEL', unpack(redis.call('KEYS', ARGV[1])))";
  expect(await redisCommand(system.redis.port, "EVAL", remove, "0", `*${id}:output`)).toBe("1");
  const { response } = await open();
  expect(response.status).toBe(410);
  expect(await response.json()).toMatchObject({ reason: "OUTPUT_GONE" });
  job.finish({ words: 2 });
  await call(`/v1/jobs/${id}?wait=30`);
  const seen: EventSourceMessage[] = [];
  for await (const event of (await open()).events) seen.push(event);
  expect(seen.map(dataOf)).toMatchObject([
    { state: "JOB_STATE_SUCCEEDED", result: { words: 2 }, outputOffset: "1" },
  ]);
});

test("a caller that disconnects ends the watch in the scheduler", async () => {
  const { open, job } = await setup();
  const running = async () => {
    const address = system.schedulers[0]?.addresses.metrics;
    const page = await (await fetch(`http://${address}/metrics`)).text();
    const line =
      /^millrace_rpc_calls_total\{method="\/millrace\.scheduler\.v1\.SchedulerService\/Watch",code="1"\} (\d+)$/m;
    return Number(line.exec(page)?.[1] ?? 0);
  };
  const before = await running();
  const { events, cut } = await open();
  await job.write("a");
  await until(events, "text");
  cut();
  // The metric counts the call once it has ended.
  while ((await running()) === before) await new Promise(setImmediate);
});

test("a gateway that stops cuts its watchers at once, and another gateway continues", async () => {
  await using own = await startSystem({ workers: 0 });
  const { job, open } = await setup(own);
  const { events } = await open();
  await job.write("a");
  const { id = "" } = await until(events, "text");
  const [gateway] = own.gateways;
  const stopped = gateway?.stop();
  await expect(
    (async () => {
      for await (const _ of events);
    })(),
  ).rejects.toThrow();
  expect(await stopped).toEqual({ code: 0, signal: null });
  await gateway?.restart();
  await job.write("b");
  const { events: more } = await open("", { "last-event-id": id });
  expect(dataOf(await until(more, "text"))).toMatchObject({ text: "b" });
});
