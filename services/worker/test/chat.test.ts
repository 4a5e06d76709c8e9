import { expect, test } from "vitest";
import { chatExecutor } from "../src/executors/chat.ts";
import { attempt, modelsOf, openThreads, quotingProvider, withModels } from "./setup.ts";

const user = (content: string) => ({ role: "user", content });

async function chat(payload: unknown) {
  const { threads } = openThreads();
  const { context, written } = attempt(payload);
  const result = await withModels(modelsOf(quotingProvider(threads)), chatExecutor)(context);
  expect(written.join("")).toBe((result as { text: string }).text);
  return { result, written };
}

test("answers one message with its key sentences, streamed one by one", async () => {
  const sentences = [
    ...["The mill turns all day.", "The river is high now.", "The miller sleeps at noon."],
    ...[
      "His cat hunts the mice.",
      "Carts bring the grain of the farms.",
      "A gate holds the water back.",
    ],
    ...[
      "The wheel has forty paddles.",
      "Two stones grind the grain.",
      "The flour goes to the town.",
    ],
    ...[
      "The council pays for the gate.",
      "Ice stops the wheel each winter.",
      "Then the miller mends it.",
    ],
  ];
  const { result, written } = await chat({ messages: [user(sentences.join(" "))] });
  const chosen = sentences.filter((sentence) => written.join("").includes(sentence));
  expect(chosen.length).toBeGreaterThan(1);
  expect(result).toEqual({ text: chosen.join(" "), finish_reason: "stop" });
  expect(written).toHaveLength(chosen.length);
});

test("answers a question with the sentences before it that are about it, and not with itself", async () => {
  const { result } = await chat({
    messages: [
      { role: "system", content: "You are kind. Rivers are not your subject." },
      user(
        "The mill has two stones of granite. The miller rises at six. The cat sleeps in the loft.",
      ),
      { role: "assistant", content: "I see." },
      user("Of what are the stones?"),
    ],
    maxTokens: 12,
  });
  expect(result).toEqual({ text: "The mill has two stones of granite.", finish_reason: "stop" });
});

test.each([
  { messages: [] },
  { messages: [user("")] },
  { messages: [{ role: "boss", content: "x" }] },
  {},
])("refuses the payload %j as malformed", async (payload) => {
  await expect(chat(payload)).rejects.toMatchObject({ reason: "MALFORMED", retryable: false });
});
