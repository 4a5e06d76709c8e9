/** Tests that an answer and the thought before it have separate limits, with real HTTP. */

import type { Lesson } from "@millrace/models";
import { type OpenAiProviderOptions, openAiProvider } from "@millrace/models";
import { systemClock as clock } from "@millrace/shared";
import {
  answerChunk,
  type ProviderCall,
  type ProviderReply,
  startProviderSimulator,
} from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { chatExecutor } from "../src/executors/chat.ts";
import { attempt, modelsOf, openDocuments, summarizing, withModels } from "./setup.ts";

const limitOf = ({ body }: ProviderCall) =>
  Number(body.max_completion_tokens ?? body.max_tokens ?? Number.POSITIVE_INFINITY);

/** A model that thinks for so many tokens before it writes, within its limit. */
const thinker =
  (hidden: number) =>
  (call: ProviderCall): ProviderReply => {
    const limit = limitOf(call);
    const usage = {
      prompt_tokens: 20,
      completion_tokens: Math.min(limit, hidden + 2),
      completion_tokens_details: { reasoning_tokens: Math.min(limit, hidden) },
    };
    const ended = limit <= hidden ? [] : [answerChunk({ content: "By water." })];
    const finish = limit <= hidden ? "length" : "stop";
    return { kind: "stream", events: [...ended, answerChunk({}, finish, { usage })] };
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
  const chat = async (payload: object = {}) => {
    const messages = [{ role: "user", content: "How does the mill turn?" }];
    const { context, used } = attempt({ messages, maxTokens: 100, ...payload });
    const { text } = (await withModels(models, chatExecutor)(context)) as { text: string };
    return { text, used };
  };
  const limits = () => simulator.calls.map(limitOf);
  const bodies = () => simulator.calls.map(({ body }) => body);
  return { chat, limits, bodies, models };
}

test("raises the limit once if a model spends all of it on thought, and keeps room for thought", async () => {
  const { chat, limits } = await setup(thinker(300));
  const { text, used } = await chat();
  expect(text).toBe("By water.");
  expect(limits()).toEqual([100, 100 + 16_384]);
  // Both calls are charged.
  expect(used).toMatchObject([{ inputTokens: 40, outputTokens: 100 + 302, providerCalls: 2 }]);
  await chat();
  expect(limits()).toEqual([100, 16_484, 4_196]);
});

test.each([
  ["its usage", thinker(30)],
  [
    "its stream",
    (): ProviderReply => ({
      ...{ kind: "stream" },
      events: [answerChunk({ reasoning_content: "Hmm." }), answerChunk({ content: "By." }, "stop")],
    }),
  ],
])("keeps room for thought for a model that shows in %s that it thinks", async (_, behave) => {
  const { chat, limits } = await setup(behave);
  await chat();
  await chat();
  expect(limits()).toEqual([100, 4_196]);
});

test.each([
  "o3",
  "gpt-5-mini",
  "openai/gpt-5",
  "openai/gpt-oss-120b",
  "deepseek-r1:14b",
  "QwQ-32B",
])("keeps room for thought from the first call for %s", async (model) => {
  const { chat, limits } = await setup(thinker(300), { model });
  await chat();
  expect(limits()).toEqual([4_196]);
});

test.each(["gpt-4o", "llama3.1:8b", "mistral-small", "gpt-50x", "solo1"])(
  "gives %s no room for thought that it does not show",
  async (model) => {
    const { chat, limits } = await setup(thinker(0), { model });
    await chat();
    await chat();
    expect(limits()).toEqual([100, 100]);
  },
);

test("takes the operator's room for thought, and before it the job's", async () => {
  const { chat, limits } = await setup(thinker(300), { reasoningTokens: 500 });
  await chat();
  await chat({ reasoningTokens: 1_000 });
  expect(limits()).toEqual([600, 1_100]);
});

test("says what to raise if the raised limit is too low too, and that helps", async () => {
  const { chat, limits } = await setup(thinker(50_000));
  await expect(chat()).rejects.toMatchObject({
    ...{ reason: "ANSWER_ONLY_THOUGHT", retryable: false },
    message:
      "The model spent all of its 16484 tokens on thought and wrote no text: set reasoningTokens above 16384.",
  });
  expect(limits()).toEqual([100, 16_484]);
  expect((await chat({ reasoningTokens: 50_000 })).text).toBe("By water.");
});

test.each([
  [2_000, [2_100, 16_484]],
  [5_000, [5_100, 20_100]],
])("raises a limit to four times the room of %i that was too small", async (room, expected) => {
  const { chat, limits } = await setup(thinker(15_000), { reasoningTokens: room });
  await chat();
  expect(limits()).toEqual(expected);
});

test("keeps the room that a raised limit has shown to be needed", async () => {
  const { chat, limits } = await setup(thinker(9_000));
  await chat();
  await chat();
  await chat();
  expect(limits()).toEqual([100, 16_484, 16_484, 16_484]);
});

test("summarises with a model that thinks longer than a part's summary may be", async () => {
  const { models, limits } = await setup(thinker(300));
  const { put, threads, readDocument } = await openDocuments();
  const execute = summarizing({ models, readDocument, threads });
  const story = Array.from({ length: 60 }, (_, i) => `The captain wrote log ${i} at the mill.`);
  const id = await put("log.txt", "text/plain", Buffer.from(story.join("\n\n")));
  const result = await execute(attempt({ partTokens: 256, maxTokens: 64 }, [id]).context);
  expect(result).toMatchObject({ summary: "By water.", finish_reason: "stop" });
  // The parts were asked at once, before the first answer told how long the model thinks.
  const calls = limits();
  expect(calls.slice(calls.length / 2).every((limit) => limit > 300)).toBe(true);
});

const long = "By water, as the river wills. ".repeat(200);

test.each([
  ["", { usage: { prompt_tokens: 20, completion_tokens: 1_500 } }],
  [", without a count", {}],
  [", with a wrong count", { usage: { prompt_tokens: 20, completion_tokens: 20 } }],
])("limits answers by max_tokens if a server ignores the other field%s", async (_, usage) => {
  const lessons: Lesson[] = [];
  const { chat, bodies } = await setup(
    ({ body }) => {
      const content = "max_tokens" in body ? "By water." : long;
      return { kind: "stream", events: [answerChunk({ content }, "stop", usage)] };
    },
    { onLesson: (lesson) => lessons.push(lesson) },
  );
  await chat();
  await chat();
  expect(bodies()).toMatchObject([{ max_completion_tokens: 100 }, { max_tokens: 100 }]);
  expect(lessons).toEqual([{ quirk: "max-tokens", has: true }]);
});
