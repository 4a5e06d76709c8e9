import { WriteStatus } from "@millrace/proto/worker-service";
import {
  type Completion,
  type ModelProvider,
  type ModelRoute,
  ProviderFault,
  type TokenUsage,
} from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import {
  attemptModels,
  type EndedModelCall,
  type Executor,
  type ModelAttempt,
  type UsageDelta,
} from "../src/index.ts";
import { startFakedWorker } from "./worker-setup.ts";

const fault = (httpStatus: number, more: object = {}) =>
  new ProviderFault("refused", {
    ...{ reason: "PROVIDER_ERROR", retryable: true, httpStatus, quotaExhausted: false },
    ...{ rateLimitHeaders: {}, ...more },
  });

interface Behaviour {
  readonly pieces?: readonly string[];
  /** Thrown after the pieces. */
  readonly fault?: Error;
  readonly calls?: number;
  readonly account?: string;
  readonly beforePiece?: () => void;
}

const usage: TokenUsage = { inputTokens: 7, outputTokens: 2, providerCalls: 1, model: "m" };

/** A provider of the test, with the routes that were asked for and the signals of its calls. */
function fakeSource({
  pieces = [],
  fault: thrown,
  calls = 1,
  account = "",
  beforePiece,
}: Behaviour) {
  const routes: ModelRoute[] = [];
  const signals: AbortSignal[] = [];
  const facts = () => ({ id: "c" });
  const end = { usage: () => ({ ...usage, providerCalls: calls }), facts };
  async function* text() {
    for (const piece of pieces) {
      beforePiece?.();
      yield piece;
    }
    if (thrown !== undefined) throw thrown;
  }
  const provider: ModelProvider = {
    ...{ name: "fake", model: "m", account },
    complete({ signal }): Completion {
      signals.push(signal);
      return { ...end, text: text(), finishReason: () => "length" };
    },
    embed: ({ input }) => ({ ...end, embeddings: async () => input.map(() => [1, 2]) }),
    relay: ({ body }) => ({
      ...end,
      events: (async function* () {
        yield { of: 1 };
        yield { of: 2 };
      })(),
      result: () => ({ ...body, done: true }),
    }),
  };
  const source = {
    provider(route: ModelRoute) {
      routes.push(route);
      return provider;
    },
  };
  return { source, routes, signals };
}

function setup(behaviour: Behaviour, attempt: Partial<ModelAttempt> = {}) {
  const clock = new ManualClock();
  const used: UsageDelta[] = [];
  const ended: EndedModelCall[] = [];
  const stop = new AbortController();
  const { source, routes, signals } = fakeSource({
    beforePiece: () => clock.advance(1_000),
    ...behaviour,
  });
  const bind = attemptModels(source, {
    clock,
    observe: () => ({ run: (call) => call(), ended: (end) => void ended.push(end) }),
  });
  const startAttempt = () =>
    bind({
      ...{ pool: "acme/pool", account: "", providerModel: "", keyId: "aaaa" },
      ...{ startedMs: clock.nowMs(), signal: stop.signal },
      addUsage: (delta) => void used.push(delta),
      ...attempt,
    });
  return { clock, used, ended, stop, routes, signals, startAttempt, models: startAttempt() };
}

const request = { messages: [{ role: "user" as const, content: "hi" }], maxTokens: 9 };

test("calls the account of the assignment, and without one that of the pool", async () => {
  const chosen = setup({ pieces: ["a"] }, { account: "acme/b", providerModel: "gpt-9" });
  await chosen.models.complete(request);
  const pool = setup({ pieces: ["a"] });
  await pool.models.complete(request);
  expect([...chosen.routes, ...pool.routes]).toEqual([
    { account: "acme/b", model: "gpt-9" },
    { account: "acme/pool", model: "" },
  ]);
});

test("returns a whole answer, passes on its pieces, and meters it", async () => {
  const { models, used, ended } = setup({ pieces: ["The \ud83d", "\ude00 mill", ""] });
  const pieces: string[] = [];
  const answer = await models.complete(request, (piece) => void pieces.push(piece));
  expect(answer).toEqual({ text: "The 😀 mill", finishReason: "length", model: "m" });
  expect(pieces.join("")).toBe(answer.text);
  expect(used).toEqual([usage]);
  expect(ended).toEqual([
    {
      ...{ outcome: "answered", durationMs: 3_000, firstPieceMs: 1_000, usage },
      ...{ facts: { id: "c" }, finishReason: "length" },
    },
  ]);
});

test("streams an answer at the pace of its reader", async () => {
  const { models, clock } = setup({ pieces: ["a", "b", "c"] });
  const startMs = clock.nowMs();
  const stream = models.stream(request);
  expect(() => stream.answer()).toThrow("not been read to its end");
  const read: [string, number][] = [];
  for await (const piece of stream) read.push([piece, clock.nowMs() - startMs]);
  // A provider that was read ahead would be at its third piece.
  expect(read).toEqual([
    ["a", 1_000],
    ["b", 2_000],
    ["c", 3_000],
  ]);
  expect(stream.answer()).toMatchObject({ text: "abc", finishReason: "length" });
});

test("ends the call of a stream whose loop ends early, and has counted it then", async () => {
  const { models, used, signals, ended } = setup({ pieces: ["a", "b"] });
  for await (const piece of models.stream(request)) {
    expect(piece).toBe("a");
    break;
  }
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(used).toEqual([usage]);
  expect(ended).toHaveLength(1);
});

test("makes embeddings, and relays a request with its events", async () => {
  const { models, used } = setup({});
  expect(await models.embed({ input: ["a", "b"] })).toEqual({
    ...{
      embeddings: [
        [1, 2],
        [1, 2],
      ],
      model: "m",
    },
  });
  const events: object[] = [];
  const body = { messages: [] };
  const object = await models.relay({ call: "chat.completions", body }, (event) => {
    events.push(event);
  });
  expect(object).toEqual({ messages: [], done: true });
  expect(events).toEqual([{ of: 1 }, { of: 2 }]);
  expect(used).toHaveLength(2);
});

test("reports the provider's answer with a failure, of the account that was called", async () => {
  for (const account of ["", "acme/own"]) {
    const { models, used } = setup({ account, fault: fault(429, { retryAfterMs: 7_000 }) });
    await expect(models.complete(request)).rejects.toMatchObject({
      ...{ name: "JobFailure", reason: "PROVIDER_ERROR", retryable: true, retryAfterMs: 7_000 },
      provider: { account: account || "acme/pool", httpStatus: 429, quotaExhausted: false },
    });
    expect(used).toEqual([usage]);
  }
});

test("puts the error that the provider has answered with into the details of the failure", async () => {
  const answered = {
    message: "no such tool",
    type: "invalid_request_error",
    param: "tools",
    code: null,
  };
  const { models } = setup({ fault: fault(400, { retryable: false, answered }) });
  await expect(models.complete(request)).rejects.toMatchObject({
    details: { status: 400, error: answered },
  });
});

test("reports nothing of an account whose call was not made", async () => {
  const { models } = setup({ calls: 0, fault: fault(0, { retryable: false }) });
  const failure = await models.complete(request).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: "NonRetryableError", provider: undefined });
});

test("makes no further call of running attempts after a refusal, and one of later attempts", async () => {
  const { models, clock, routes, signals, startAttempt } = setup({ fault: fault(503) });
  await expect(models.complete(request)).rejects.toMatchObject({ retryAfterMs: undefined });
  await expect(models.complete(request)).rejects.toMatchObject({
    ...{ retryAfterMs: 1_000, message: expect.stringContaining("has just refused") },
    provider: { httpStatus: 429 },
  });
  expect([routes.length, signals.length]).toEqual([2, 1]);
  clock.advance(1_001);
  await expect(startAttempt().complete(request)).rejects.toMatchObject({ message: "refused" });
  expect(signals).toHaveLength(2);
});

test("passes on what is no fault of a provider", async () => {
  const bug = new Error("a bug");
  const { models, ended } = setup({ fault: bug });
  await expect(models.complete(request)).rejects.toBe(bug);
  expect(ended).toMatchObject([{ outcome: "failed" }]);
});

test.each([
  [429, {}, "429"],
  [529, {}, "529"],
  [402, { quotaExhausted: true }, "quota_exhausted"],
  [500, {}, "server_error"],
  [0, {}, "unanswered"],
  [200, {}, "no_answer"],
  [400, {}, "refused"],
] as const)("names a call that ended with the status %i and %j", async (status, more, outcome) => {
  const { models, ended } = setup({ fault: fault(status, more) });
  await expect(models.complete(request)).rejects.toThrow();
  expect(ended).toMatchObject([{ outcome, finishReason: undefined }]);
});

test("an executor gets the models of its worker, and the account and provider_model of its assignment", async () => {
  const { source, routes } = fakeSource({ pieces: ["The mill."] });
  const executor: Executor = async ({ account, providerModel, models, writeData }) => {
    await writeData(new Uint8Array(65_537).fill(7));
    const { text } = await models.complete(request);
    return { account, providerModel, text };
  };
  const models = attemptModels(source);
  const { stream } = await startFakedWorker(
    { echo: executor },
    { models, maxUnacknowledgedBytes: 2 ** 20 },
  );
  const scheduler = await stream();
  await scheduler.next("hello");
  scheduler.welcome();
  scheduler.assignAgain("echo", { account: "acme/b", providerModel: "gpt-9" });
  const { attempts } = await scheduler.next("output");
  const chunks = attempts.flatMap((one) => one.chunks.map(({ content }) => content));
  expect(chunks.map(({ case: kind, value }) => [kind, (value as Uint8Array).length])).toEqual([
    ["data", 65_536],
    ["data", 1],
  ]);
  scheduler.outputAck(WriteStatus.STORED, 2);
  const { outcomes } = await scheduler.next("settle");
  const { resultJson = "" } = (outcomes[0]?.outcome.value ?? {}) as { resultJson?: string };
  expect(JSON.parse(resultJson)).toEqual({
    ...{ account: "acme/b", providerModel: "gpt-9", text: "The mill." },
  });
  expect(outcomes[0]?.usage).toMatchObject({ inputTokens: 7n, outputTokens: 2n, model: "m" });
  expect(routes).toEqual([{ account: "acme/b", model: "gpt-9" }]);
});

test("calls of models fail their job in a worker without models", async () => {
  const executor: Executor = async ({ models }) => {
    for await (const _ of models.stream(request));
  };
  const { stream } = await startFakedWorker({ echo: executor });
  const scheduler = await stream();
  await scheduler.next("hello");
  scheduler.welcome();
  scheduler.assign();
  const { outcomes } = await scheduler.next("settle");
  expect(outcomes[0]?.outcome.value).toMatchObject({
    failure: { reason: "ACCOUNT_NOT_SERVED", retryable: false },
  });
});

test("a worker that serves other pools says so on a new stream, keeps its leases, and warns of unknown ones", async () => {
  const running = Promise.withResolvers<void>();
  const { worker, stream, logged } = await startFakedWorker({ echo: () => running.promise });
  const first = await stream();
  await first.next("hello");
  first.welcome();
  first.assign();
  await first.next("heartbeat");
  expect(() => worker.servePools(["Not A Name"])).toThrow("pools");
  worker.servePools([]);
  worker.servePools(["acme/a", "acme/mistyped"]);
  const second = await stream();
  const hello = await second.next("hello");
  expect(hello.pools).toEqual(["acme/a", "acme/mistyped"]);
  expect(hello.leases).toHaveLength(1);
  // The same pools need no other stream, which would get no answer here.
  worker.servePools(["acme/a", "acme/mistyped"]);
  second.send({
    case: "welcome",
    value: { leases: [{ lease: hello.leases[0], held: true }], unknownPools: ["acme/mistyped"] },
  } as never);
  running.resolve();
  await second.next("settle");
  expect(logged.filter(([level]) => level === "warn").map(([, message]) => message)).toContainEqual(
    expect.stringContaining('no provider account has the name of the pool "acme/mistyped"'),
  );
});
