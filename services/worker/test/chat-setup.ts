import { openAiProvider } from "@millrace/models";
import { type Clock, systemClock } from "@millrace/shared";
import { type ProviderReply, startProviderSimulator } from "@millrace/testing";
import { JobFailure } from "@millrace/worker-sdk";
import { expect, onTestFinished } from "vitest";
import { chatExecutor } from "../src/executors/chat.ts";
import { attempt, modelsOf, withModels } from "./setup.ts";

/** The last line of a stream. */
export const done = "data: [DONE]\n\n";
export const stream = (...events: (string | object)[]): ProviderReply => ({
  kind: "stream",
  events,
});

export interface ChatChange {
  readonly clock?: Clock;
}

/** A chat with a model whose server answers each call in this way. */
export async function startChat(reply: ProviderReply, { clock = systemClock }: ChatChange = {}) {
  const simulator = await startProviderSimulator(() => reply, clock);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const provider = openAiProvider({
    ...{ baseUrl: simulator.url, apiKey: () => "sk-the-key", model: "m", clock },
    ...{ silenceMs: 60_000, callMs: 600_000 },
  });
  const { context, written, used } = attempt({
    messages: [{ role: "user", content: "How does the mill turn?" }],
  });
  const chat = () => withModels(modelsOf(provider), chatExecutor)(context);
  const failure = async () => {
    const error = await chat().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFailure);
    return error as JobFailure;
  };
  return { simulator, chat, failure, written, used };
}

export const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
/** A whole answer. */
export const oneMessage = (message: object, finish_reason = "stop") => ({
  ...{ id: "c", object: "chat.completion", created: 0, model: "m", usage },
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
});
