import { systemClock as clock } from "@millrace/shared";
import { answer, type ProviderBehaviour, refuse, startProviderSimulator } from "@millrace/testing";
import type { UsageDelta } from "@millrace/worker-sdk";
import { countTokens } from "gpt-tokenizer";
import { expect, onTestFinished, test } from "vitest";
import { summarizeExecutor } from "../src/executors/summarize.ts";
import { extractiveProvider } from "../src/providers/extractive.ts";
import { openAiProvider } from "../src/providers/openai.ts";
import { attempt, completeWith, makePdf, openDocuments } from "./setup.ts";

const sentence = (i: number) =>
  `The captain wrote in log ${i} that the whale had turned the ship about.`;
const story = (count: number) => Array.from({ length: count }, (_, i) => sentence(i)).join("\n\n");

/** The extractive provider, or a model that behaves as configured. */
/** The usage at the provider, without the CPU time of threads. */
const atProvider = (used: readonly UsageDelta[]) => used.filter((one) => "providerCalls" in one);

async function setup(behaviour?: ProviderBehaviour, parallel = 2) {
  const { put, threads, readDocument } = await openDocuments();
  const simulator = await startProviderSimulator(behaviour);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const provider =
    behaviour === undefined
      ? extractiveProvider(threads)
      : openAiProvider({
          baseUrl: simulator.url,
          apiKey: () => "k",
          model: "m",
          silenceMs: 60_000,
          callMs: 600_000,
          clock,
        });
  const execute = summarizeExecutor({
    complete: completeWith(provider),
    readDocument,
    threads,
    parallel,
  });
  return { put, simulator, execute };
}

test("summarises a PDF of many pages in parts, reports their progress, and keeps its budget", async () => {
  const { put, execute } = await setup();
  const pdf = await makePdf((doc) => {
    for (let page = 0; page < 5; page += 1) {
      if (page > 0) doc.addPage();
      for (let line = 0; line < 30; line += 1) doc.text(sentence(page * 30 + line));
    }
  });
  const { context, written, progress } = attempt({ partTokens: 256, maxTokens: 80 }, [
    await put("log.pdf", "application/pdf", pdf),
  ]);
  const result = (await execute(context)) as { summary: string; pages: number; parts: number };
  expect(result.pages).toBe(5);
  expect(result.parts).toBeGreaterThan(5);
  expect(result.summary).toContain("The captain wrote");
  expect(countTokens(result.summary)).toBeLessThanOrEqual(80);
  expect(written.join("")).toBe(result.summary);
  expect(written.length).toBeGreaterThan(1);
  expect(progress.slice(0, 3)).toEqual([
    "0/1 reading documents",
    "1/5 reading pages of document 1 of 1",
    "2/5 reading pages of document 1 of 1",
  ]);
  expect(progress).toContain(`${result.parts}/${result.parts} summarising parts`);
});

test("reads Markdown as text, and makes one summary of several documents", async () => {
  const { put, execute } = await setup();
  const ids = [
    await put("a.md", "text/markdown", Buffer.from("# Title\n\nThe mill turns.")),
    await put("b.txt", "text/plain", Buffer.from("The river is high.")),
  ];
  expect(await execute(attempt({}, ids).context)).toEqual({
    summary: "The mill turns. The river is high.",
    pages: 2,
    parts: 1,
    finish_reason: "stop",
  });
});

test("summarises each part and then the summaries in order, and adds up the model's token counts", async () => {
  const { put, simulator, execute } = await setup(({ messages }) => {
    const [, text] = messages.map(({ content }) => content);
    const first = /log (\d+)/.exec(text ?? "")?.[1];
    return answer(text?.startsWith("S") ? "All in all." : `S${first}.`);
  });
  const { context, written, used } = attempt({ partTokens: 256, instruction: "Be kind." }, [
    await put("log.txt", "text/plain", Buffer.from(story(60))),
  ]);
  const result = (await execute(context)) as { summary: string; parts: number };
  expect(result.summary).toBe("All in all.");
  expect(written.join("")).toBe("All in all.");
  expect(simulator.calls).toHaveLength(result.parts + 1);
  const last = simulator.calls.at(-1);
  expect(last?.messages[0]?.content).toMatch(/^Summarise the text .* Be kind\.$/);
  const parts = last?.messages[1]?.content.split("\n\n") ?? [];
  expect(parts).toHaveLength(result.parts);
  const starts = parts.map((part) => Number(/\d+/.exec(part)?.[0]));
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(atProvider(used)).toEqual(
    simulator.calls.map(() => ({ inputTokens: 7, outputTokens: 1, providerCalls: 1 })),
  );
});

test("summarises in rounds if the summaries together are too long for one part", async () => {
  // The model writes as much as it may: four bytes a token.
  const wordy: ProviderBehaviour = ({ maxTokens = 0 }) => answer("word ".repeat(maxTokens - 8));
  const { put, simulator, execute } = await setup(wordy);
  const { context } = attempt({ partTokens: 256, maxTokens: 16 }, [
    await put("log.txt", "text/plain", Buffer.from(story(150))),
  ]);
  const { parts } = (await execute(context)) as { parts: number };
  expect(parts).toBeGreaterThan(9);
  expect(simulator.calls.length).toBeGreaterThan(parts + 2);
  for (const { messages } of simulator.calls) {
    expect(countTokens(messages[1]?.content ?? "")).toBeLessThanOrEqual(256 * 1.1);
  }
});

test("ends also with a provider that shortens nothing", async () => {
  const { put, execute } = await setup(({ messages }) => answer(messages[1]?.content ?? ""));
  const { context } = attempt({ partTokens: 256 }, [
    await put("log.txt", "text/plain", Buffer.from(story(60))),
  ]);
  expect(await execute(context)).toMatchObject({ summary: expect.stringContaining(sentence(59)) });
});

test("says in the result that the final summary was cut, and not that a part's was", async () => {
  const { put, simulator, execute } = await setup(({ number }) => ({
    ...{ kind: "answer", pieces: ["S."], finishReason: number % 2 === 1 ? "length" : "stop" },
  }));
  const cut = await put("a.txt", "text/plain", Buffer.from("The mill turns."));
  expect(await execute(attempt({}, [cut]).context)).toMatchObject({
    ...{ summary: "S.", finish_reason: "length" },
  });
  const parts = await put("log.txt", "text/plain", Buffer.from(story(25)));
  const whole = await execute(attempt({ partTokens: 256 }, [parts]).context);
  expect(simulator.calls).toHaveLength(4);
  expect(whole).toMatchObject({ parts: 2, finish_reason: "stop" });
});

test("sends no more parts to the provider at once than allowed", async () => {
  let running = 0;
  let most = 0;
  const open = Promise.withResolvers<void>();
  const { put, simulator, execute } = await setup(async () => {
    running += 1;
    most = Math.max(most, running);
    await open.promise;
    running -= 1;
    return answer("S.");
  }, 3);
  const { context } = attempt({ partTokens: 256 }, [
    await put("log.txt", "text/plain", Buffer.from(story(120))),
  ]);
  const summary = execute(context);
  await simulator.called(3);
  open.resolve();
  await summary;
  expect(most).toBe(3);
});

test("ends the other calls if one part is refused, and reports what the provider said", async () => {
  const { put, simulator, execute } = await setup(({ number }) =>
    number === 2 ? refuse(429, "rate_limit_exceeded", { "retry-after": "7" }) : { kind: "silence" },
  );
  const { context, used } = attempt({ partTokens: 256 }, [
    await put("log.txt", "text/plain", Buffer.from(story(120))),
  ]);
  await expect(execute(context)).rejects.toMatchObject({
    ...{ reason: "PROVIDER_ERROR", retryable: true, retryAfterMs: 7_000 },
    provider: { account: "openai/m", httpStatus: 429, quotaExhausted: false },
  });
  expect(simulator.calls).toHaveLength(2);
  expect(atProvider(used)).toHaveLength(2);
});

test("ends calls under way at once when stopped, and begins no more", async () => {
  const { put, simulator, execute } = await setup(() => ({ kind: "silence" }));
  const { context, stop, used } = attempt({ partTokens: 256 }, [
    await put("log.txt", "text/plain", Buffer.from(story(120))),
  ]);
  const running = execute(context);
  const calls = [await simulator.called(1), await simulator.called(2)];
  stop.abort(new Error("stop"));
  await expect(running).rejects.toThrow("stop");
  for (const { left } of calls) {
    if (!left.aborted) await new Promise((resolve) => left.addEventListener("abort", resolve));
  }
  expect(simulator.calls).toHaveLength(2);
  expect(atProvider(used)).toEqual(
    calls.map(() => ({ inputTokens: 0, outputTokens: 0, providerCalls: 1 })),
  );
});

test.each([{ maxTokens: "many" }, { maxTokens: 15 }, { partTokens: 255 }, { unknown: 1 }, null])(
  "refuses the payload %j as malformed",
  async (payload) => {
    const { put, execute } = await setup();
    const id = await put("a.txt", "text/plain", Buffer.from("words"));
    await expect(execute(attempt(payload, [id]).context)).rejects.toMatchObject({
      ...{ reason: "MALFORMED", retryable: false },
    });
  },
);

test("refuses a job without documents as malformed", async () => {
  const { execute } = await setup();
  await expect(execute(attempt({}).context)).rejects.toMatchObject({ reason: "MALFORMED" });
});
