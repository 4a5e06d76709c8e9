/** Tests what counts as an answer of a model, with real servers of each kind. */
import { type Clock, systemClock } from "@millrace/shared";
import {
  answerChunk as chunk,
  ManualClock,
  type ProviderReply,
  startProviderSimulator,
} from "@millrace/testing";
import { JobFailure } from "@millrace/worker-sdk";
import { expect, onTestFinished, test, vi } from "vitest";
import { chatExecutor } from "../src/executors/chat.ts";
import { openAiProvider } from "../src/providers/openai.ts";
import { attempt, completeWith } from "./setup.ts";

const done = "data: [DONE]\n\n";
const stream = (...events: (string | object)[]): ProviderReply => ({ kind: "stream", events });

interface Change {
  readonly clock?: Clock;
}

async function setup(reply: ProviderReply, { clock = systemClock }: Change = {}) {
  const simulator = await startProviderSimulator(() => reply, clock);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const provider = openAiProvider({
    ...{ baseUrl: simulator.url, apiKey: () => "sk-the-key", model: "m", clock },
    ...{ silenceMs: 60_000, callMs: 600_000 },
  });
  const { context, written, used } = attempt({
    messages: [{ role: "user", content: "How does the mill turn?" }],
  });
  const chat = () => chatExecutor(completeWith(provider))(context);
  const failure = async () => {
    const error = await chat().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFailure);
    return error as JobFailure;
  };
  return { simulator, chat, failure, written, used };
}

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const oneMessage = (message: object, finish_reason = "stop") => ({
  ...{ id: "c", object: "chat.completion", created: 0, model: "m", usage },
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
});

test.each<[string, ProviderReply, string]>([
  [
    "of an Azure server, with chunks that hold no choice and a late one without an end",
    stream(
      { id: "", object: "", created: 0, model: "", choices: [], prompt_filter_results: [] },
      chunk({ content: "By" }),
      chunk({ content: " water." }),
      chunk({}, "stop"),
      { ...chunk({}, null), content_filter_offsets: {} },
      { ...chunk({}), choices: [], usage },
      done,
    ),
    "By water.",
  ],
  [
    "whose content is a list with thoughts (Mistral)",
    stream(
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hmm." }] }] }),
      chunk({ content: [{ type: "text", text: "By" }] }),
      chunk({ content: " water." }),
      chunk({}, "stop", { usage }),
      done,
    ),
    "By water.",
  ],
  [
    "that comes whole although a stream was asked for",
    { kind: "body", body: oneMessage({ content: "By water.", reasoning_content: "Hmm." }) },
    "By water.",
  ],
  [
    "with thoughts in reasoning_content",
    stream(
      chunk({ reasoning_content: "Let me", content: null }),
      chunk({ reasoning_content: " think." }),
      chunk({ content: "By water." }),
      chunk({}, "stop"),
      done,
    ),
    "By water.",
  ],
  [
    "with thoughts in reasoning",
    stream(chunk({ reasoning: "Hmm." }), chunk({ content: "By water." }, "stop"), done),
    "By water.",
  ],
  [
    "that begins with thoughts between tags",
    stream(chunk({ content: "<think>\nHmm.\n</think>\n\nBy water." }, "stop"), done),
    "By water.",
  ],
  [
    "whose tags are split over chunks",
    stream(
      ...["<th", "ink>Hm", "m.</thi", "nk", ">", "\n\nBy", " water."].map((content) =>
        chunk({ content }),
      ),
      chunk({}, "stop"),
      done,
    ),
    "By water.",
  ],
  [
    "that names the tag in its text",
    stream(chunk({ content: "Write `<think>` or </think>. a <b" }, "stop"), done),
    "Write `<think>` or </think>. a <b",
  ],
])("takes an answer %s", async (_, reply, text) => {
  const { chat, written } = await setup(reply);
  expect(await chat()).toEqual({ text, finish_reason: "stop" });
  expect(written.join("")).toBe(text);
});

test("counts what a whole answer reports", async () => {
  const { chat, used } = await setup({ kind: "body", body: oneMessage({ content: "By water." }) });
  await chat();
  expect(used).toEqual([{ inputTokens: 9, outputTokens: 4, providerCalls: 1 }]);
});

test("says in the result that an answer was cut at its length limit", async () => {
  const { chat } = await setup(stream(chunk({ content: "By" }), chunk({}, "length"), done));
  expect(await chat()).toEqual({ text: "By", finish_reason: "length" });
});

const provider = { account: "openai/m", httpStatus: 200, quotaExhausted: false };

test.each<[string, ProviderReply, string, boolean, RegExp]>([
  [
    "the model refuses",
    stream(
      chunk({ role: "assistant", content: null }),
      chunk({ refusal: "I'm sorry" }),
      chunk({ refusal: ", but no." }),
      chunk({}, "stop"),
      done,
    ),
    "ANSWER_REFUSED",
    false,
    /refused.*"I'm sorry, but no\."/,
  ],
  [
    "the model refuses in a whole answer",
    { kind: "body", body: oneMessage({ content: null, refusal: "No." }) },
    "ANSWER_REFUSED",
    false,
    /"No\."/,
  ],
  [
    "a content filter stops the answer",
    stream(chunk({ content: "The" }), chunk({}, "content_filter"), done),
    "ANSWER_FILTERED",
    false,
    /content filter stopped/,
  ],
  [
    "the answer is empty",
    stream(chunk({ content: "" }), chunk({}, "stop"), done),
    "ANSWER_EMPTY",
    true,
    /no text/,
  ],
  [
    "the answer is white space",
    stream(chunk({ content: " \n" }), chunk({}, "stop"), done),
    "ANSWER_EMPTY",
    true,
    /no text/,
  ],
  [
    "the model only thought",
    stream(chunk({ reasoning_content: "Hmm.", content: null }), chunk({}, "stop"), done),
    "ANSWER_EMPTY",
    true,
    /thought/,
  ],
  [
    "the thought between tags never ends",
    stream(chunk({ content: "<think>Hmm. " }), chunk({ content: "By?" }), chunk({}, "stop"), done),
    "ANSWER_EMPTY",
    true,
    /thought/,
  ],
  [
    "the model calls a tool",
    stream(
      chunk({ tool_calls: [{ index: 0, id: "c", function: { name: "f", arguments: "{}" } }] }),
      chunk({}, "tool_calls"),
      done,
    ),
    "ANSWER_TOOL_CALL",
    true,
    /tool/,
  ],
])("fails if %s", async (_, reply, reason, retryable, message) => {
  const { failure } = await setup(reply);
  expect(await failure()).toMatchObject({ reason, retryable, provider });
  expect((await failure()).message).toMatch(message);
});

test.each<[string, ProviderReply, string, RegExp]>([
  [
    "ends by an error",
    stream(chunk({ content: "The mill" }), chunk({}, "error"), done),
    "ANSWER_FAILED",
    /error/,
  ],
  [
    "is broken by an error of the server",
    stream(chunk({ content: "The mill" }), { error: { message: "CUDA out of memory" } }, done),
    "ANSWER_FAILED",
    /CUDA out of memory/,
  ],
  [
    "has no end",
    stream(chunk({ content: "The mill turns." }), done),
    "ANSWER_BROKEN_OFF",
    /broke off/,
  ],
  ["never begins", stream(), "ANSWER_BROKEN_OFF", /broke off/],
  [
    "loses its connection",
    { kind: "breakOff", pieces: ["The mill"], how: "reset" },
    "ANSWER_BROKEN_OFF",
    /broke off/,
  ],
])("counts as a failure of the provider if an answer %s", async (_, reply, reason, message) => {
  const { failure } = await setup(reply);
  const expected = { reason, retryable: true, provider: { ...provider, httpStatus: 0 } };
  expect(await failure()).toMatchObject(expected);
  expect((await failure()).message).toMatch(message);
});

test("takes an error inside a stream whose code is 500 for one of the answer", async () => {
  const error = { message: "CUDA out of memory", code: 500 };
  const { failure } = await setup(stream(chunk({ content: "The" }), { error }, done));
  expect(await failure()).toMatchObject({
    ...{ reason: "ANSWER_FAILED", retryable: true },
    provider: { ...provider, httpStatus: 500 },
  });
});

test("takes the status that an error inside a stream names", async () => {
  const { failure } = await setup(stream({ error: { message: "slow down", code: 429 } }));
  expect(await failure()).toMatchObject({
    ...{ reason: "PROVIDER_ERROR", retryable: true },
    provider: { ...provider, httpStatus: 429 },
  });
});

/** Counts how often the limit of silence begins again. */
class ListeningClock extends ManualClock {
  heard = 0;

  override after(delayMs: number, run: () => void) {
    if (delayMs === 60_000) this.heard += 1;
    return super.after(delayMs, run);
  }
}

async function comments(count: number) {
  const clock = new ListeningClock();
  const events = [
    ...Array.from({ length: count }, () => ": still working\n\n"),
    ...[chunk({ content: "By water." }, "stop"), done],
  ];
  const one = await setup({ kind: "stream", pauseMs: 40_000, events }, { clock });
  const ended = one.chat().catch((error: unknown) => error);
  await one.simulator.called(1);
  const pass = async (pauses: number) => {
    for (let pause = 0; pause < pauses; pause += 1) {
      const { heard } = clock;
      // The limits of silence and of the whole call, and the simulator's pause.
      await vi.waitFor(() => expect(clock.pending).toBe(3));
      clock.advance(40_000);
      await vi.waitFor(() => expect(clock.heard).toBeGreaterThan(heard));
    }
  };
  return { ...one, ended, clock, pass };
}

test("hears a provider that sends only comments", async () => {
  const { ended, pass } = await comments(4);
  await pass(6);
  expect(await ended).toMatchObject({ text: "By water." });
});

test("gives up a call that takes too long in all, and not before", async () => {
  const { ended, pass, clock, simulator } = await comments(20);
  await pass(14);
  const { left } = await simulator.called(1);
  clock.advance(39_999);
  expect(left.aborted).toBe(false);
  clock.advance(1);
  expect(await ended).toMatchObject({
    ...{ reason: "PROVIDER_ERROR", retryable: true },
    message: "The model provider took more than 600 s for one answer.",
    provider: { ...provider, httpStatus: 0 },
  });
});
