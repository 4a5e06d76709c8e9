/** Tests which ends of a call are no answer of a model, with real servers of each kind. */
import { answerChunk as chunk, type ProviderReply } from "@millrace/testing";
import { expect, test } from "vitest";
import { done, oneMessage, startChat, stream } from "./chat-setup.ts";

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
  const { failure } = await startChat(reply);
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
  ["is no chunk", stream("data: ping\n\n"), "ANSWER_BROKEN_OFF", /malformed/],
  [
    "is a page of HTML",
    { kind: "body", type: "text/html", body: "<html>Sign in</html>" },
    "ANSWER_FAILED",
    /page of HTML/,
  ],
  ["is empty", { kind: "body", body: "" }, "ANSWER_FAILED", /not JSON/],
  [
    "loses its connection",
    { kind: "breakOff", pieces: ["The mill"], how: "reset" },
    "ANSWER_BROKEN_OFF",
    /broke off/,
  ],
])("counts as a failure of the provider if an answer %s", async (_, reply, reason, message) => {
  const { failure } = await startChat(reply);
  const expected = { reason, retryable: true, provider: { ...provider, httpStatus: 0 } };
  expect(await failure()).toMatchObject(expected);
  expect((await failure()).message).toMatch(message);
});

test("takes an error inside a stream whose code is 500 for one of the answer", async () => {
  const error = { message: "CUDA out of memory", code: 500 };
  const { failure } = await startChat(stream(chunk({ content: "The" }), { error }, done));
  expect(await failure()).toMatchObject({
    ...{ reason: "ANSWER_FAILED", retryable: true },
    provider: { ...provider, httpStatus: 500 },
  });
});

test("takes the status that an error inside a stream names", async () => {
  const { failure } = await startChat(stream({ error: { message: "slow down", code: 429 } }));
  expect(await failure()).toMatchObject({
    ...{ reason: "PROVIDER_ERROR", retryable: true },
    provider: { ...provider, httpStatus: 429 },
  });
});

test.each([
  ["insufficient_system_resource", "ANSWER_FAILED", true],
  ["abort", "ANSWER_BROKEN_OFF", true],
  ["SAFETY", "ANSWER_FILTERED", false],
  ["sensitive", "ANSWER_FILTERED", false],
  ["function_call", "ANSWER_TOOL_CALL", true],
])("understands the end %s", async (finish, reason, retryable) => {
  const { failure } = await startChat(stream(chunk({ content: "The" }), chunk({}, finish), done));
  expect(await failure()).toMatchObject({ reason, retryable });
});

test.each([
  ["content_filter", 400],
  ["invalid_prompt", 400],
])("fails for good if the provider filters the request: %s", async (code, status) => {
  const error = { message: "your prompt was flagged", code };
  const { failure } = await startChat({ kind: "body", status, body: { error } });
  expect(await failure()).toMatchObject({
    ...{ reason: "ANSWER_FILTERED", retryable: false },
    message: expect.stringContaining("your prompt was flagged"),
  });
});
