import { expect, test } from "vitest";
import { longestAnswerOf, overflowOf } from "./overflow.ts";

const refusal = (message: string, more: object = {}) => ({
  ...{ status: 400, code: null, type: undefined, error: undefined, message, ...more },
});

test.each([
  [
    "This model's maximum context length is 4097 tokens. However, your messages resulted in 5,000 tokens.",
    4_097,
    5_000,
  ],
  [
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).",
    4_096,
    4_000,
  ],
  [
    "'max_tokens' or 'max_completion_tokens' is too large: 1000. This model's maximum context length is 4096 tokens and your request has 3500 input tokens (1000 > 4096 - 3500).",
    4_096,
    3_500,
  ],
  [
    "You passed 5000 input tokens and requested 100 output tokens. However, the model's context length is only 4096 tokens.",
    4_096,
    5_000,
  ],
  [
    "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
    4_096,
    5_000,
  ],
  [
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    32_768,
    40_000,
  ],
  [
    "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
    4_096,
    5_000,
  ],
  [
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    1_048_576,
    1_200_000,
  ],
  [
    "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
    131_072,
    200_000,
  ],
  ["prompt is too long: 210000 tokens > 200000 maximum", 200_000, 210_000],
  ["input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000", 200_000, 188_240],
  [
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens",
    4_096,
    4_000,
  ],
  [
    "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    4_096,
    5_000,
  ],
  ["Input tokens exceed the configured limit of 272000 tokens.", 272_000, undefined],
  ["max_tokens cannot be greater than max_model_len=4096.", 4_096, undefined],
  ["Requested tokens exceed context window of 512", 512, undefined],
  ["Please reduce the length of the messages or completion.", undefined, undefined],
  ["Input is too long for requested model.", undefined, undefined],
])("reads the size of the context and of the input from: %s", (message, context, input) => {
  expect(overflowOf(refusal(message))).toEqual({ contextTokens: context, inputTokens: input });
});

test("reads the fields of llama.cpp, also with its status 500", () => {
  const error = { n_ctx: 256, n_prompt_tokens: 1_407 };
  const more = { status: 500, type: "exceed_context_size_error", error };
  expect(overflowOf(refusal("the request exceeds", more))).toEqual({
    ...{ contextTokens: 256, inputTokens: 1_407 },
  });
});

test.each([413, 429])("takes a %i for more tokens than a minute allows as too large", (status) => {
  const message =
    "Request too large for model m on tokens per minute (TPM): Limit 6000, Requested 9000";
  expect(overflowOf(refusal(message, { status }))).toMatchObject({ contextTokens: 6_000 });
});

test.each([
  [400, "Unrecognized request argument supplied: stream_options"],
  [429, "Rate limit reached for m on tokens per min (TPM): Limit 6000, Used 5900, Requested 300."],
  [401, "The context length 5 is secret"],
  [500, "the context window crashed"],
])("takes a %i with another message as something else: %s", (status, message) => {
  expect(overflowOf(refusal(message, { status }))).toBeUndefined();
});

test.each([
  ["max_tokens is too large: 5000. This model supports at most 4096 completion tokens.", 4_096],
  ["Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8_192],
  ["`max_tokens` must be less than or equal to `8192`, the maximum value for it", 8_192],
  ["max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens", 64_000],
  ["Unrecognized request argument supplied: max_tokens", undefined],
])("reads the longest answer from: %s", (message, tokens) => {
  expect(longestAnswerOf(refusal(message))).toBe(tokens);
});
