/** Tests that no request goes out that is larger than the model's context, with real HTTP. */

import { type OpenAiProviderOptions, openAiProvider } from "@millrace/models";
import { systemClock as clock } from "@millrace/shared";
import {
  answerChunk,
  type ProviderCall,
  type ProviderReply,
  startProviderSimulator,
} from "@millrace/testing";
import { countTokens } from "gpt-tokenizer";
import { expect, onTestFinished, test } from "vitest";
import { chatExecutor } from "../src/executors/chat.ts";
import { attempt, modelsOf, openDocuments, summarizing, withModels } from "./setup.ts";

const tokensOf = ({ messages }: ProviderCall) =>
  messages.reduce((sum, { content }) => sum + countTokens(content), 0);
const limitOf = ({ body }: ProviderCall) => Number(body.max_completion_tokens);

const answer = (text: string, usage?: object): ProviderReply => ({
  ...{ kind: "stream" },
  events: [answerChunk({ content: text }), answerChunk({}, "stop", usage && { usage })],
});
const invalid = (message: string, more: object = {}): ProviderReply => ({
  ...{ kind: "body", status: 400 },
  body: { error: { message, type: "invalid_request_error", param: null, ...more } },
});

/** A server that refuses what does not fit into its context, and counts more tokens than we do. */
const strict =
  (context: number, { more = 1.2, says = true } = {}) =>
  (call: ProviderCall): ProviderReply => {
    const input = Math.ceil(tokensOf(call) * more);
    const asked = input + limitOf(call);
    if (asked <= context) return answer("The captain wrote.");
    const message = `This model's maximum context length is ${context} tokens. However, you requested ${asked} tokens (${input} in the messages, ${limitOf(call)} in the completion).`;
    return says ? invalid(message) : invalid("Please reduce the length of the messages.");
  };

/** A server that reads only the end of what does not fit, and says nothing. */
const truncating =
  (context: number) =>
  (call: ProviderCall): ProviderReply => {
    const prompt = Math.min(tokensOf(call), context);
    return answer("The captain wrote.", { prompt_tokens: prompt, completion_tokens: 4 });
  };

async function setup(
  behave: (call: ProviderCall) => ProviderReply,
  change: Partial<OpenAiProviderOptions> = {},
) {
  const simulator = await startProviderSimulator(behave);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const provider = openAiProvider({
    ...{ baseUrl: simulator.url, apiKey: () => "k", model: "m", clock },
    ...{ silenceMs: 60_000, callMs: 600_000, ...change },
  });
  const models = modelsOf(provider);
  const { calls } = simulator;
  const chat = async (content: string, payload: object = {}) => {
    const messages = [{ role: "user", content }];
    const { context } = attempt({ messages, maxTokens: 100, ...payload });
    return withModels(models, chatExecutor)(context);
  };
  return { chat, calls, models };
}

const sentence = (i: number) => `The captain wrote in log ${i} that the whale had turned about. `;
const story = (count: number) => Array.from({ length: count }, (_, i) => sentence(i)).join("");

test("says how much fits if a chat is too long for the model, and asks no more", async () => {
  const { chat, calls } = await setup(strict(1_000));
  const tooLong = { reason: "CONTEXT_EXCEEDED", retryable: false };
  await expect(chat(story(100))).rejects.toMatchObject({
    ...tooLong,
    message: expect.stringMatching(
      /^The messages have about \d+ tokens and the answer may have 100, but the model's context is 1000 tokens: send less text, or lower maxTokens\.$/,
    ),
  });
  await expect(chat(story(100))).rejects.toMatchObject(tooLong);
  expect(calls).toHaveLength(1);
  await chat(story(30));
  expect(calls).toHaveLength(2);
});

test("tells the operator once what it has learned of the context", async () => {
  const learned: number[] = [];
  const { chat } = await setup(strict(1_000), { onContext: (tokens) => learned.push(tokens) });
  await expect(chat(story(100))).rejects.toThrow();
  await expect(chat(story(100))).rejects.toThrow();
  expect(learned).toEqual([1_000]);
});

test("reads the size of the context from an error inside a stream too", async () => {
  const { chat, calls } = await setup(() => {
    const message = "request (1500 tokens) exceeds the available context size (1000 tokens)";
    return { kind: "stream", events: [{ error: { message, code: 400 } }] };
  });
  await expect(chat(story(100))).rejects.toMatchObject({ reason: "CONTEXT_EXCEEDED" });
  await expect(chat(story(100))).rejects.toMatchObject({ reason: "CONTEXT_EXCEEDED" });
  expect(calls).toHaveLength(1);
});

test("makes no call that does not fit into the context that the operator declares", async () => {
  const { chat, calls } = await setup(() => answer("By."), { contextTokens: 1_000 });
  await expect(chat(story(100))).rejects.toMatchObject({ reason: "CONTEXT_EXCEEDED" });
  await expect(chat("Go.", { maxTokens: 1_000 })).rejects.toThrow(/lower maxTokens/);
  expect(calls).toEqual([]);
  await chat("Go.", { maxTokens: 900 });
  expect(calls).toHaveLength(1);
});

test("gives thought less room where the context is small", async () => {
  const { chat, calls } = await setup(strict(2_000), { contextTokens: 2_000, model: "o3" });
  await chat(story(30));
  expect(limitOf(calls[0] as ProviderCall)).toBeGreaterThan(100);
  expect(limitOf(calls[0] as ProviderCall)).toBeLessThan(2_000);
});

test("gives thought less room if the server refuses the request for it", async () => {
  const { chat, calls } = await setup(strict(2_000), { model: "o3" });
  await chat(story(30));
  expect(calls.map(limitOf)[0]).toBe(4_196);
  expect(calls).toHaveLength(2);
  await chat(story(30));
  expect(calls).toHaveLength(3);
});

test("asks for no longer answer than the server allows", async () => {
  const { chat, calls } = await setup((call) =>
    limitOf(call) > 2_048
      ? invalid("max_tokens is too large. This model supports at most 2048 completion tokens.")
      : answer("By."),
  );
  await chat("Go.", { maxTokens: 5_000 });
  await chat("Go.", { maxTokens: 5_000 });
  expect(calls.map(limitOf)).toEqual([5_000, 2_048, 2_048]);
});

test("fails for good if a server reads only a part of the messages, and asks no more", async () => {
  const { chat, calls } = await setup(truncating(1_000));
  const truncated = {
    ...{ reason: "INPUT_TRUNCATED", retryable: false },
    message: expect.stringMatching(/read only 1000 of about 1\d\d\d tokens/),
    provider: { httpStatus: 200 },
  };
  await expect(chat(story(100))).rejects.toMatchObject(truncated);
  // One count may be wrong. Two equal ones are the size of the context.
  await expect(chat(story(110))).rejects.toMatchObject(truncated);
  await expect(chat(story(100))).rejects.toMatchObject({ reason: "CONTEXT_EXCEEDED" });
  expect(calls).toHaveLength(2);
});

test("learns nothing from counts that differ", async () => {
  const counts = [300, 600, 900];
  const { chat, calls } = await setup(() =>
    answer("By.", { prompt_tokens: counts.shift() ?? 2_000, completion_tokens: 1 }),
  );
  for (const _ of [1, 2, 3]) {
    await expect(chat(story(100))).rejects.toMatchObject({ reason: "INPUT_TRUNCATED" });
  }
  expect(await chat(story(100))).toMatchObject({ text: "By." });
  expect(calls).toHaveLength(4);
});

test("takes the count of a server whose tokens hold more Chinese than ours", async () => {
  const chinese = "船长在日志中写道，那头鲸鱼已经把船掉了头，水手们都很害怕。".repeat(60);
  const count = Math.ceil(countTokens(chinese) * 0.6);
  const { chat } = await setup(() =>
    answer("好。", { prompt_tokens: count, completion_tokens: 1 }),
  );
  expect(await chat(chinese)).toMatchObject({ text: "好。" });
});

test("takes the count of a server that adds little to each of many short messages", async () => {
  const { models } = await setup((call) =>
    answer("By.", { prompt_tokens: tokensOf(call) + 3, completion_tokens: 1 }),
  );
  const messages = Array.from({ length: 200 }, (_, i) => ({
    ...{ role: i % 2 === 0 ? "user" : "assistant", content: "How are you today?" },
  }));
  const { context } = attempt({ messages });
  expect(await withModels(models, chatExecutor)(context)).toMatchObject({ text: "By." });
});

test.each([
  ["counts a little less than we do", 0.8, {}, []],
  ["reports what it had in its cache", 0.3, { prompt_tokens_details: { cached_tokens: 900 } }, []],
  ["counts only a handful, without its cache", 0.01, {}, []],
  ["counts less than it reads, which the operator declares", 0.3, {}, ["counts-less"]],
] as const)("takes the answer of a server that %s", async (_, part, more, quirks) => {
  const { chat } = await setup(
    (call) =>
      answer("By.", {
        ...{ prompt_tokens: Math.ceil(tokensOf(call) * part), completion_tokens: 1, ...more },
      }),
    { quirks },
  );
  expect(await chat(story(100))).toMatchObject({ text: "By." });
});

async function summarise(
  behave: (call: ProviderCall) => ProviderReply,
  payload: object,
  count = 200,
) {
  const { models, calls } = await setup(behave);
  const { put, threads, readDocument } = await openDocuments();
  const execute = summarizing({ models, readDocument, threads });
  const id = await put("log.txt", "text/plain", Buffer.from(story(count)));
  const one = attempt({ maxTokens: 64, ...payload }, [id]);
  return { ...one, calls, run: () => execute(one.context) as Promise<{ summary: string }> };
}

/** Returns in how many of these calls each sentence of the story was read. */
const readings = (calls: readonly ProviderCall[], count: number) =>
  Array.from(
    { length: count },
    (_, i) =>
      calls.filter(({ messages }) => messages.at(-1)?.content.includes(` log ${i} `)).length,
  );

test.each([
  ["that says its size", strict(1_000)],
  ["that does not say its size", strict(1_000, { says: false })],
  ["that counts twice as many tokens", strict(1_000, { more: 2 })],
])("splits parts again for a model with a small context %s", async (_, server) => {
  const accepted: ProviderCall[] = [];
  const { run, calls, written } = await summarise((call) => {
    const reply = server(call);
    if (reply.kind === "stream") accepted.push(call);
    return reply;
  }, {});
  const { summary } = await run();
  expect(summary).toBe("The captain wrote.");
  expect(written.join("")).toBe(summary);
  expect(readings(accepted, 200)).toEqual(Array(200).fill(1));
  // No part but the first ones is sent before the size is known.
  expect(calls.length - accepted.length).toBeLessThanOrEqual(6);
});

test("splits parts again for a model that reads only a part of them", async () => {
  const { run, calls } = await summarise(truncating(1_000), {}, 600);
  expect((await run()).summary).toBe("The captain wrote.");
  const whole = calls.filter((call) => tokensOf(call) <= 1_000);
  expect(readings(whole, 600)).toEqual(Array(600).fill(1));
});

test("tries again if a model has read only a part of a document that is one part", async () => {
  const { run, context, written } = await summarise(truncating(1_000), {}, 100);
  for (const _ of [1, 2]) {
    await expect(run()).rejects.toMatchObject({ reason: "INPUT_TRUNCATED", retryable: true });
    expect(written).not.toEqual([]);
    written.length = 0;
  }
  expect((await run()).summary).toBe(written.join(""));
  expect(context.attempt).toBe(1);
});

test("ends with a reason if the model's context is too small for any part", async () => {
  const { run, calls } = await summarise(strict(80), {}, 40);
  await expect(run()).rejects.toMatchObject({ reason: "CONTEXT_EXCEEDED", retryable: false });
  expect(calls.length).toBeLessThan(10);
});

test("ends with a reason if the model shortens nothing and its context is small", async () => {
  const echo = (call: ProviderCall) => {
    const reply = strict(1_000)(call);
    return reply.kind === "stream" ? answer(call.messages.at(-1)?.content ?? "") : reply;
  };
  const { run } = await summarise(echo, {});
  await expect(run()).rejects.toMatchObject({ reason: "CONTEXT_EXCEEDED", retryable: false });
});
