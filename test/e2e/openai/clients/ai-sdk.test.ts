/** The AI SDK of Vercel (npm: ai and @ai-sdk/openai), unchanged, by chat completions and by responses. */
import { createOpenAI } from "@ai-sdk/openai";
import { embedMany, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { startOpenAi } from "../setup.ts";

const { system } = await startOpenAi();
const openai = createOpenAI({ baseURL: `${system.httpUrl}/v1`, apiKey: system.apiKey });
const apis = [
  ["chat completions", openai.chat("gpt-test")],
  ["responses", openai.responses("gpt-test")],
] as const;
const options = { maxRetries: 0 };

test.each(apis)("%s: text, whole and streamed", async (_, model) => {
  const prompt = "Call me Ishmael.";
  const whole = await generateText({ ...options, model, prompt });
  expect(whole.text).toBe("You said: Call me Ishmael.");
  expect(whole.usage).toMatchObject({ inputTokens: 7, outputTokens: 5 });
  const pieces = [];
  const stream = streamText({ ...options, model, prompt });
  for await (const piece of stream.textStream) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(3);
  expect(pieces.join("")).toBe("You said: Call me Ishmael.");
  expect(await stream.finishReason).toBe("stop");
  expect(await stream.usage).toMatchObject({ inputTokens: 7, outputTokens: 5 });
});

test.each(apis)("%s: a tool is called, and its result is answered", async (_, model) => {
  const asked: unknown[] = [];
  const weather = tool({
    description: "the weather of a city",
    inputSchema: z.object({ city: z.string() }),
    execute: async (input) => {
      asked.push(input);
      return "calm";
    },
  });
  const call = {
    ...{ ...options, model, tools: { weather }, stopWhen: stepCountIs(2) },
    prompt: "How is the weather?",
  };
  expect((await generateText(call)).text).toBe("You said: calm");
  expect(await streamText(call).text).toBe("You said: calm");
  expect(asked).toEqual([{ city: "Nantucket" }, { city: "Nantucket" }]);
});

test.each(apis)("%s: a refusal has the provider's status", async (_, model) => {
  const refused = generateText({ ...options, model, prompt: "refuse 422 this" });
  await expect(refused).rejects.toMatchObject({
    ...{ statusCode: 422, isRetryable: false, message: "the provider says no" },
  });
});

test("responses: an object in the form of a schema", async () => {
  const schema = z.object({ city: z.string() });
  const model = openai.responses("gpt-test");
  const output = Output.object({ schema });
  const said = await generateText({ ...options, model, output, prompt: "Where?" });
  expect(said.output).toEqual({ city: "Nantucket" });
});

test("embeddings", async () => {
  const model = openai.embedding("org/small");
  const { embeddings } = await embedMany({ ...options, model, values: ["a", "whale"] });
  expect(embeddings).toEqual([
    [1, 0.5],
    [5, 0.5],
  ]);
});
