import { openAiProvider } from "@millrace/models";
import { systemClock as clock } from "@millrace/shared";
import { answer, type ProviderBehaviour, refuse, startProviderSimulator } from "@millrace/testing";
import type { UsageDelta } from "@millrace/worker-sdk";
import { countTokens } from "gpt-tokenizer";
import { expect, onTestFinished, test } from "vitest";
import { pagesPdf, show } from "./hand-written-pdf.ts";
import {
  attempt,
  makePdf,
  modelsOf,
  openDocuments,
  quotingProvider,
  summarizing,
} from "./setup.ts";

const writers = ["captain", "mate", "cook", "carpenter", "surgeon", "boy", "smith"];
const seen = ["whale", "storm", "island", "boat", "squid", "iceberg", "reef", "convoy", "shark"];
/** All sentences differ, because a summary quotes only one of several that are almost the same. */
const sentence = (i: number) =>
  `The ${writers[i % 7]} wrote in log ${i} that the ${seen[i % 9]} had turned ship ${i * 37} about.`;
const story = (count: number) => Array.from({ length: count }, (_, i) => sentence(i)).join("\n\n");

/** The extractive provider, or a model that behaves as configured. */
/** The usage at the provider, without the CPU time of threads. */
const atProvider = (used: readonly UsageDelta[]) => used.filter((one) => "providerCalls" in one);

async function setup(behaviour?: ProviderBehaviour) {
  const { put, threads, readDocument } = await openDocuments();
  const simulator = await startProviderSimulator(behaviour);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const provider =
    behaviour === undefined
      ? quotingProvider(threads)
      : openAiProvider({
          baseUrl: simulator.url,
          apiKey: () => "k",
          model: "m",
          silenceMs: 60_000,
          callMs: 600_000,
          clock,
        });
  const execute = summarizing({
    models: modelsOf(provider),
    readDocument,
    threads,
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
  expect(result.summary).toMatch(/^The [a-z]+ wrote in log/);
  expect(countTokens(result.summary)).toBeLessThanOrEqual(80);
  expect(written.join("")).toBe(result.summary);
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
    await put("a.md", "text/markdown", Buffer.from(`# Title\n\n${story(10)}`)),
    await put("b.txt", "text/plain", Buffer.from(story(20).slice(story(10).length))),
  ];
  const result = await execute(attempt({}, ids).context);
  expect(result).toMatchObject({
    ...{
      pages: 2,
      parts: 1,
      failed_parts: [],
      warnings: [],
      finish_reason: "stop",
      model: "key-sentences",
    },
  });
  const { summary } = result as { summary: string };
  for (const one of summary.split(/(?<=\.) /)) expect(story(20)).toContain(one);
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
  expect(last?.messages[0]?.content).toMatch(
    /^Summarise the text, which is from "log\.txt"\..* Be kind\.$/s,
  );
  const parts = last?.messages[1]?.content.split("\n\n") ?? [];
  expect(parts).toHaveLength(result.parts);
  const starts = parts.map((part) => Number(/\d+/.exec(part)?.[0]));
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(atProvider(used)).toEqual(
    simulator.calls.map(() => ({
      ...{ inputTokens: 7, outputTokens: 1, providerCalls: 1, model: "m" },
    })),
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

test("refuses a job without documents as malformed", async () => {
  const { execute } = await setup();
  await expect(execute(attempt({}).context)).rejects.toMatchObject({ reason: "MALFORMED" });
});

test("adds to its result what of the documents could not be read", async () => {
  const { put, execute } = await setup();
  const pdf = pagesPdf([show("The mill turns.", 72, 700), undefined, show("It rests.", 72, 700)]);
  const ids = [
    await put("a.txt", "text/plain", Buffer.from("The river is high.")),
    await put("b.pdf", "application/pdf", pdf),
  ];
  expect(await execute(attempt({}, ids).context)).toMatchObject({
    pages: 4,
    warnings: ["b.pdf: Page 2 cannot be read and is left out."],
  });
});

/** A model that refuses some parts for good. */
const refusing =
  (...parts: readonly number[]): ProviderBehaviour =>
  ({ messages }) => {
    const [, part] = /part (\d+) of/.exec(messages[0]?.content ?? "") ?? [];
    return parts.includes(Number(part))
      ? refuse(400, "content_filter", {})
      : answer(part === undefined ? "All in all." : `S${part}.`);
  };

async function tenPages(put: Awaited<ReturnType<typeof setup>>["put"]) {
  const pdf = await makePdf((doc) => {
    for (let page = 0; page < 10; page += 1) {
      if (page > 0) doc.addPage();
      for (let line = 0; line < 30; line += 1) doc.text(sentence(page * 30 + line));
    }
  });
  return put("log.pdf", "application/pdf", pdf);
}

test("names a part that fails for good, and summarises the others", async () => {
  const { put, execute } = await setup(refusing(3));
  const payload = { partTokens: 256, maxFailedPercent: 20 };
  const { context } = attempt(payload, [await tenPages(put)]);
  const result = (await execute(context)) as Record<string, unknown>;
  expect(result).toMatchObject({ summary: "All in all.", pages: 10 });
  expect(result.failed_parts).toEqual([
    {
      ...{ part: 3, pages: expect.stringMatching(/^\d+(–\d+)?$/), reason: "ANSWER_FILTERED" },
      message: expect.any(String),
    },
  ]);
});

test("fails if more parts fail than may, and names the first of them and its pages", async () => {
  const { put, simulator, execute } = await setup(refusing(2, 3));
  const { context } = attempt({ partTokens: 256 }, [await tenPages(put)]);
  await expect(execute(context)).rejects.toMatchObject({
    retryable: false,
    message: expect.stringMatching(
      /^2 of \d+ parts could not be summarised, .* part 2 \(pages? 1(–2)?\)/,
    ),
  });
  expect(
    simulator.calls.every(({ messages }) => /part \d+ of/.test(messages[0]?.content ?? "")),
  ).toBe(true);
});

test("tells the model the length in words, the language, the file and the place of a part", async () => {
  const { put, simulator, execute } = await setup(() => answer("Ein Satz."));
  const german =
    "Die Wassermühle steht am Fluss nördlich der Stadt, und der Rat der Stadt bezahlte den Müller aus den Zöllen der Brücke. ";
  const id = await put("muehle.txt", "text/plain", Buffer.from(german.repeat(30)));
  await execute(attempt({ partTokens: 256, maxTokens: 100 }, [id]).context);
  const prompts = simulator.calls.map(({ messages }) => messages[0]?.content ?? "");
  expect(prompts[0]).toContain('part 1 of 5 of a text, which is from "muehle.txt"');
  expect(prompts[0]).toMatch(/Use at most \d+ words/);
  expect(prompts.at(-1)).toContain("Use at most 60 words");
  for (const prompt of prompts) expect(prompt).toContain("The text is in German: write in German.");
});
