/** Tests that results and chunks are valid Unicode, whatever a model gives. */

import { openAiProvider } from "@millrace/models";
import { systemClock as clock } from "@millrace/shared";
import { answerChunk, startProviderSimulator } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { chatExecutor } from "../src/executors/chat.ts";
import { attempt, modelsOf, withModels } from "./setup.ts";

async function chat(...pieces: readonly string[]) {
  const events = [
    ...pieces.map((content) => answerChunk({ content })),
    answerChunk({}, "stop"),
    "data: [DONE]\n\n",
  ];
  const simulator = await startProviderSimulator(() => ({ kind: "stream", events }));
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const provider = openAiProvider({
    ...{
      baseUrl: simulator.url,
      apiKey: () => "k",
      model: "m",
      silenceMs: 60_000,
      callMs: 600_000,
      clock,
    },
  });
  const { context, written } = attempt({ messages: [{ role: "user", content: "Go." }] });
  const { text } = (await withModels(modelsOf(provider), chatExecutor)(context)) as {
    text: string;
  };
  return { text, written };
}

test("joins a surrogate pair that a model splits over two deltas", async () => {
  const { text, written } = await chat("The mill \ud83d", "\ude00", " turns.");
  expect(text).toBe("The mill 😀 turns.");
  expect(written).toEqual(["The mill ", "😀", " turns."]);
});

test("replaces half of a surrogate pair, and leaves out NUL", async () => {
  const { text, written } = await chat("a\ude00b\0c", "\ud83d", "d", "\ud83d");
  expect(text).toBe("a\ufffdbc\ufffdd\ufffd");
  expect(written.join("")).toBe(text);
  expect(written.every((piece) => piece.isWellFormed())).toBe(true);
});
