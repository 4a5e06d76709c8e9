/** Tests what counts as an answer of a model, with real servers of each kind. */
import { answerChunk as chunk, ManualClock, type ProviderReply } from "@millrace/testing";
import { expect, test, vi } from "vitest";
import { done, oneMessage, startChat, stream, usage } from "./chat-setup.ts";

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
  const { chat, written } = await startChat(reply);
  expect(await chat()).toEqual({ text, finish_reason: "stop" });
  expect(written.join("")).toBe(text);
});

test.each(["max_tokens", "MAX_TOKENS", "model_length"])(
  "takes the end %s for length",
  async (finish) => {
    const { chat } = await startChat(stream(chunk({ content: "The. <think>H" }, finish), done));
    expect(await chat()).toEqual({ text: "The. ", finish_reason: "length" });
  },
);

test.each(["eos", "end_turn", "stop_sequence"])("takes the end %s for a stop", async (finish) => {
  const { chat } = await startChat(stream(chunk({ content: "By." }, finish), done));
  expect(await chat()).toEqual({ text: "By.", finish_reason: "stop" });
});

test("counts what a whole answer reports", async () => {
  const { chat, used } = await startChat({
    kind: "body",
    body: oneMessage({ content: "By water." }),
  });
  await chat();
  expect(used).toMatchObject([{ inputTokens: 9, outputTokens: 4, providerCalls: 1 }]);
});

test("says in the result that an answer was cut at its length limit", async () => {
  const { chat } = await startChat(stream(chunk({ content: "By" }), chunk({}, "length"), done));
  expect(await chat()).toEqual({ text: "By", finish_reason: "length" });
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
  const one = await startChat({ kind: "stream", pauseMs: 40_000, events }, { clock });
  const ended = one.chat().catch((error: unknown) => error);
  await one.simulator.called(1);
  const pass = async (pauses: number) => {
    for (let pause = 0; pause < pauses; pause += 1) {
      const { heard } = clock;
      // The limits of silence and of the whole call, and the simulator's pause.
      await vi.waitFor(() => expect(clock.pending).toBe(3), { timeout: 20_000 });
      clock.advance(40_000);
      await vi.waitFor(() => expect(clock.heard).toBeGreaterThan(heard), { timeout: 20_000 });
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
    provider: { account: "openai/m", httpStatus: 0, quotaExhausted: false },
  });
});
