import { Readable } from "node:stream";
import { openAiProvider } from "@millrace/models";
import type { Clock } from "@millrace/shared";
import { ProviderFault, systemClock } from "@millrace/shared";
import {
  answer,
  answerChunk,
  ManualClock,
  type ProviderReply,
  refuse,
  startProviderSimulator,
} from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";

async function setup(reply: ProviderReply, clock: Clock = systemClock) {
  const simulator = await startProviderSimulator(() => reply);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const provider = openAiProvider({
    ...{
      baseUrl: simulator.url,
      apiKey: () => "sk-the-key",
      model: "m",
      clock,
      silenceMs: 60_000,
      callMs: 600_000,
    },
  });
  const stop = new AbortController();
  const messages = [{ role: "user" as const, content: "How does the mill turn?" }];
  const completion = provider.complete({
    messages,
    maxTokens: 9,
    signal: stop.signal,
    keyId: "aaaa",
  });
  const read = () => Readable.from(completion.text).toArray();
  const fault = async () => {
    const error = await read().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderFault);
    return error as ProviderFault;
  };
  return { simulator, stop, completion, read, fault };
}

test("sends the request as given, streams the answer, and reports the provider's token counts", async () => {
  const { simulator, completion, read } = await setup(answer("By", " water."));
  expect(await read()).toEqual(["By", " water."]);
  expect(completion.usage()).toEqual({
    inputTokens: 7,
    outputTokens: 2,
    providerCalls: 1,
    model: "m",
  });
  expect(simulator.calls).toMatchObject([
    {
      ...{ authorization: "Bearer sk-the-key", model: "m", maxTokens: 9 },
      messages: [{ role: "user", content: "How does the mill turn?" }],
    },
  ]);
});

test("reports what the provider had in its cache and what the model thought, within the provider's counts", async () => {
  const usage = {
    ...{ prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 64 } },
    ...{ completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 5 } },
  };
  const events = [answerChunk({ content: "By water." }, "stop", { usage })];
  const { completion, read } = await setup({ kind: "stream", events });
  await read();
  expect(completion.usage()).toEqual({
    ...{ inputTokens: 100, cachedInputTokens: 64, outputTokens: 9, reasoningTokens: 5 },
    ...{ providerCalls: 1, model: "m" },
  });
});

test("counts four bytes as a token for a provider that counts nothing", async () => {
  const { completion, read } = await setup({ kind: "answer", pieces: ["12345678", "123"] });
  await read();
  expect(completion.usage()).toEqual({
    inputTokens: 6,
    outputTokens: 3,
    providerCalls: 1,
    model: "m",
  });
});

test.each([
  [429, "rate_limit_exceeded", true, false, "PROVIDER_ERROR"],
  [429, "insufficient_quota", false, true, "PROVIDER_QUOTA"],
  [402, "payment_required", false, true, "PROVIDER_QUOTA"],
  [503, "overloaded", true, false, "PROVIDER_ERROR"],
  [529, "overloaded", true, false, "PROVIDER_ERROR"],
  [401, "invalid_api_key", false, false, "PROVIDER_UNAUTHENTICATED"],
  [403, "no_access", false, false, "PROVIDER_UNAUTHENTICATED"],
  [404, "model_not_found", false, false, "PROVIDER_BAD_REQUEST"],
  [500, "server_error", true, false, "PROVIDER_ERROR"],
  [400, "bad_request", false, false, "PROVIDER_BAD_REQUEST"],
])(
  "%i %s: retryable %s, quota exhausted %s, reason %s",
  async (httpStatus, code, retryable, quotaExhausted, reason) => {
    const headers = { "retry-after": "3", "x-ratelimit-remaining-requests": "0" };
    const { simulator, completion, fault } = await setup(refuse(httpStatus, code, headers));
    expect((await fault()).details).toEqual({
      ...{ reason, httpStatus, retryable, quotaExhausted, retryAfterMs: 3_000 },
      rateLimitHeaders: { "x-ratelimit-remaining-requests": "0" },
      answered: { message: "refused by the simulator", type: code, param: null, code },
    });
    expect(simulator.calls).toHaveLength(1);
    expect(completion.usage()).toEqual({
      inputTokens: 0,
      outputTokens: 0,
      providerCalls: 1,
      model: "m",
    });
  },
);

test.each([
  ["in seconds", { "retry-after": "1.5" }, 1_500],
  ["as a date", { "retry-after": "Mon, 24 Nov 2025 16:00:07 GMT" }, 7_000],
  ["as a date that is past", { "retry-after": "Mon, 24 Nov 2025 15:00:00 GMT" }, undefined],
  ["as now", { "retry-after": "Mon, 24 Nov 2025 16:00:00 GMT" }, undefined],
  ["as zero", { "retry-after": "0" }, undefined],
  ["as zero milliseconds", { "retry-after-ms": "0", "retry-after": "9" }, 9_000],
  ["in milliseconds, which win", { "retry-after-ms": "250", "retry-after": "9" }, 250],
  ["not at all", {}, undefined],
  ["as nonsense", { "retry-after": "soon" }, undefined],
  ["as nothing", { "retry-after": "" }, undefined],
  ["as no number", { "retry-after": "NaN", "retry-after-ms": "NaN" }, undefined],
  ["as a negative number", { "retry-after": "-5" }, undefined],
  ["as endless", { "retry-after": "Infinity" }, undefined],
  ["in the year 9999", { "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" }, 251_638_300_799_000],
])("reads the wait that a provider asks for %s", async (_, headers, afterMs) => {
  const clock = new ManualClock(Date.parse("2025-11-24T16:00:00Z"));
  const { fault } = await setup(refuse(429, "rate_limit_exceeded", headers), clock);
  expect((await fault()).details.retryAfterMs).toBe(afterMs);
});

test("does not repeat the key that a provider quotes in its refusal", async () => {
  const { simulator, fault } = await setup({
    ...{ kind: "refuse", status: 401, code: "invalid_api_key" },
    message: "no such key: sk-the-key",
  });
  const { message, cause } = await fault();
  expect(simulator.calls[0]?.authorization).toBe("Bearer sk-the-key");
  expect([message, cause]).toEqual([expect.stringContaining("no such key: [redacted]"), undefined]);
});

test("treats a provider that cannot be reached as a transient fault", async () => {
  const { simulator, fault } = await setup(answer());
  await simulator[Symbol.asyncDispose]();
  expect(await fault()).toMatchObject({
    message: expect.stringContaining("could not be reached"),
    details: { retryable: true, httpStatus: 0 },
  });
});

test.each(["reset", "end"] as const)(
  "treats an answer that breaks off (%s) as a transient fault, and counts what arrived",
  async (how) => {
    const { completion, fault } = await setup({ kind: "breakOff", pieces: ["The mill"], how });
    expect(await fault()).toMatchObject({
      message: expect.stringContaining("broke off"),
      details: { retryable: true, httpStatus: 0 },
    });
    expect(completion.usage()).toEqual({
      inputTokens: 6,
      outputTokens: 2,
      providerCalls: 1,
      model: "m",
    });
  },
);

test.each<[string, ProviderReply, number]>([
  ["before its first byte", { kind: "silence" }, 0],
  ["in the middle of its answer", { kind: "breakOff", pieces: ["The", " mill"], how: "hang" }, 2],
])(
  "gives up a provider that falls silent %s at the limit, and not before",
  async (_, reply, pieces) => {
    const clock = new ManualClock();
    const { simulator, completion } = await setup(reply, clock);
    const heard: string[] = [];
    const reading = (async () => {
      for await (const piece of completion.text) heard.push(piece);
    })().catch((error: unknown) => error);
    const { left } = await simulator.called(1);
    await vi.waitFor(() => expect(heard).toHaveLength(pieces), { timeout: 20_000 });
    clock.advance(59_999);
    expect(left.aborted).toBe(false);
    clock.advance(1);
    expect(await reading).toMatchObject({
      message: "The model provider sent nothing for 60 s.",
      details: { retryable: true, httpStatus: 0 },
    });
    if (!left.aborted) await new Promise((resolve) => left.addEventListener("abort", resolve));
    expect(clock.pending).toBe(0);
  },
);

test("lets a provider take long in total while it keeps sending", async () => {
  const clock = new ManualClock();
  const simulator = await startProviderSimulator(
    () => ({ kind: "answer", pieces: ["a", "b", "c"], pauseMs: 40_000 }),
    clock,
  );
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const { url: baseUrl } = simulator;
  const provider = openAiProvider({
    baseUrl,
    apiKey: () => "sk-the-key",
    model: "m",
    clock,
    silenceMs: 60_000,
    callMs: 600_000,
  });
  const { signal } = new AbortController();
  const messages = [{ role: "user" as const, content: "Go on." }];
  let heard = 0;
  const reading = (async () => {
    for await (const _ of provider.complete({ messages, maxTokens: 9, signal, keyId: "aaaa" }).text)
      heard += 1;
  })();
  for (let pause = 0; pause < 4; pause += 1) {
    // The limits of silence and of the whole call, and the simulator's pause, are pending.
    await vi.waitFor(
      () => expect({ heard, timers: clock.pending }).toEqual({ heard: pause, timers: 3 }),
      { timeout: 20_000 },
    );
    clock.advance(40_000);
  }
  await reading;
  expect(heard).toBe(3);
});

test.each([
  ["content_filter", ["The"], /content filter/],
  ["length", [], /spent all of its 16393 tokens on thought/],
] as const)(
  "fails for good for an answer that ended by %s after %j",
  async (finishReason, pieces, message) => {
    const { fault } = await setup({ kind: "answer", pieces, finishReason });
    expect(await fault()).toMatchObject({
      message: expect.stringMatching(message),
      details: { retryable: false },
    });
  },
);

test("accepts an answer that was cut at its length limit", async () => {
  const { read } = await setup({ kind: "answer", pieces: ["The"], finishReason: "length" });
  expect(await read()).toEqual(["The"]);
});

test("ends the call at once with the stop's own reason, and the provider sees it", async () => {
  const { simulator, completion, stop } = await setup({
    ...{ kind: "breakOff", pieces: ["The mill"], how: "hang" },
  });
  const reading = async () => {
    for await (const _ of completion.text) stop.abort(new Error("stop"));
  };
  await expect(reading()).rejects.toThrow("stop");
  const { left } = await simulator.called(1);
  if (!left.aborted) await new Promise((resolve) => left.addEventListener("abort", resolve));
});

test("ends the call for a stop before the first byte, and makes no call after a stop", async () => {
  const { simulator, read, stop } = await setup({ kind: "silence" });
  const reading = read();
  await simulator.called(1);
  stop.abort(new Error("stop"));
  await expect(reading).rejects.toThrow("stop");
  const unasked = await setup(answer("The"));
  unasked.stop.abort(new Error("stop"));
  await expect(unasked.read()).rejects.toThrow("stop");
  expect(unasked.simulator.calls).toEqual([]);
});
