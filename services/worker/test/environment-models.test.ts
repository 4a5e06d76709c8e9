import { loadConfig } from "@millrace/runtime";
import { answer, startProviderSimulator } from "@millrace/testing";
import { attemptModels } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";
import { workerConfig } from "../src/config.ts";
import { chatExecutor } from "../src/executors/chat.ts";
import { environmentModels } from "../src/models/environment-models.ts";
import { quoteInThreads } from "../src/models/quote.ts";
import { attempt, openThreads, withModels } from "./setup.ts";

async function setup(env: Readonly<Record<string, string>>) {
  const simulator = await startProviderSimulator(() => answer("By", " water."));
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const config = loadConfig(workerConfig, {
    ...{ MILLRACE_PROVIDER: "openai", OPENAI_API_KEY: "sk-the-key" },
    ...{ OPENAI_BASE_URL: simulator.url, ...env },
  });
  const { threads } = openThreads();
  const ignore = () => undefined;
  const quote = quoteInThreads(threads);
  const parts = { quote, apiKey: () => "sk-the-key", onLesson: ignore, onContext: ignore };
  const models = attemptModels(environmentModels(config, parts));
  const chat = (maxTokens = 100) => {
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "How does the mill turn?" },
    ];
    return withModels(models, chatExecutor)(attempt({ messages, maxTokens }).context);
  };
  return { chat, calls: simulator.calls };
}

test("speaks to OpenAI's default model without further settings", async () => {
  const { chat, calls } = await setup({});
  expect(await chat()).toEqual({ text: "By water.", finish_reason: "stop" });
  expect(calls[0]).toMatchObject({
    authorization: "Bearer sk-the-key",
    body: {
      ...{ model: "gpt-5-mini", max_completion_tokens: 100 + 4_096, stream: true },
      stream_options: { include_usage: true },
    },
  });
});

test("writes requests as the settings say", async () => {
  const { chat, calls } = await setup({
    ...{ MILLRACE_MODEL: "mill-1", MILLRACE_REASONING_EFFORT: "low" },
    ...{ MILLRACE_REASONING_TOKENS: "500", MILLRACE_CONTEXT_TOKENS: "5000" },
    MILLRACE_PROVIDER_QUIRKS: "max-tokens, no-stream-options, no-system, api-key-header",
  });
  await chat();
  expect(calls[0]?.authorization).toBe("");
  expect(calls[0]?.headers["api-key"]).toBe("sk-the-key");
  expect(calls[0]?.body).toEqual({
    ...{ model: "mill-1", max_tokens: 600, stream: true, reasoning_effort: "low" },
    messages: [{ role: "user", content: "Be kind.\n\nHow does the mill turn?" }],
  });
  await expect(chat(6_000)).rejects.toMatchObject({ reason: "CONTEXT_EXCEEDED" });
});
