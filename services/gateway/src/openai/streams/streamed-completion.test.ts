import { expect, test } from "vitest";
import { StreamedCompletion } from "./streamed-completion.ts";

const head = { id: "c1", created: 7, model: "m" };
const whole = {
  ...{ ...head, object: "chat.completion" },
  choices: [
    {
      ...{ index: 0, finish_reason: "stop" },
      message: { role: "assistant", content: "Call me Ishmael." },
    },
  ],
};
const event = (delta: object, finish: string | null = null, index = 0) => ({
  ...{ ...head, object: "chat.completion.chunk" },
  choices: [{ index, delta, finish_reason: finish }],
});

test("events that came to their end lack nothing", () => {
  const streamed = new StreamedCompletion();
  streamed.add(event({ content: "Call me Ishmael." }));
  streamed.add(event({}, "stop"));
  expect(streamed.rest(whole)).toBeUndefined();
});

test("events that stopped lack the rest of the text, and the end", () => {
  const streamed = new StreamedCompletion();
  streamed.add(event({ role: "assistant", content: "" }));
  streamed.add(event({ content: "Call me " }));
  expect(streamed.rest(whole)).toEqual(event({ role: "assistant", content: "Ishmael." }, "stop"));
});

test("without any event the whole completion is one, with its tools and its usage", () => {
  const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
  const message = { role: "assistant", content: null, tool_calls: [call] };
  const choices = [{ index: 0, finish_reason: "tool_calls", message }];
  const usage = { total_tokens: 3 };
  expect(new StreamedCompletion().rest({ ...whole, choices, usage })).toEqual({
    ...event({ role: "assistant", tool_calls: [{ index: 0, ...call }] }, "tool_calls"),
    usage,
  });
  const streamed = new StreamedCompletion();
  streamed.add(event({ tool_calls: [{ index: 0, id: "call_1" }] }));
  expect(streamed.rest({ ...whole, choices })).toEqual(event({ role: "assistant" }, "tool_calls"));
});
