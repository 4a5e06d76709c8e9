import { expect, test } from "vitest";
import { readPriceList } from "./price-list.ts";

const chat = {
  ...{ litellm_provider: "acme", mode: "chat", max_input_tokens: 400_000 },
  ...{ max_output_tokens: 128_000, input_cost_per_token: 1.25e-6, output_cost_per_token: 1e-5 },
};
const read = (list: object) => readPriceList(JSON.stringify(list), "acme");

test("reads sizes and prices of a provider's models, without its name at their beginning", () => {
  const { models, skipped, providers } = read({
    sample_spec: { ...chat, max_tokens: "LEGACY parameter" },
    fallback_generalizations: { rules: [] },
    "acme/big": { ...chat, cache_read_input_token_cost: 1.25e-7, supports_vision: true },
    small: {
      ...chat,
      max_input_tokens: undefined,
      max_tokens: 8_192,
      input_cost_per_token: 1.1e-6,
    },
    "other/big": { ...chat, litellm_provider: "other" },
  });
  expect(models).toEqual([
    {
      ...{ name: "big", contextTokens: 400_000n, maxOutputTokens: 128_000n, rounded: false },
      price: { inputMicros: 1_250_000n, cachedInputMicros: 125_000n, outputMicros: 10_000_000n },
    },
    {
      ...{ name: "small", contextTokens: 8_192n, maxOutputTokens: 128_000n, rounded: false },
      price: { inputMicros: 1_100_000n, outputMicros: 10_000_000n },
    },
  ]);
  expect([skipped.size, [...providers]]).toEqual([0, ["acme", "other"]]);
});

test("an embedding writes no tokens, so its output is free", () => {
  const embedding = { ...chat, mode: "embedding", output_cost_per_token: undefined };
  expect(read({ embed: embedding }).models[0]?.price).toEqual({
    ...{ inputMicros: 1_250_000n, outputMicros: 0n },
  });
});

test("says why entries of the provider are not read", () => {
  const { models, skipped } = read({
    image: { ...chat, mode: "image_generation" },
    timed: { ...chat, input_cost_per_token: undefined, input_cost_per_second: 0.1 },
    odd: { ...chat, output_cost_per_token: "a lot" },
    paying: { ...chat, input_cost_per_token: -1e-6 },
    dear: { ...chat, input_cost_per_token: 1.5 },
    "a name": chat,
    "acme/twice": chat,
    twice: chat,
  });
  expect(models.map(({ name }) => name)).toEqual(["twice"]);
  expect(Object.fromEntries(skipped)).toEqual({
    "mode image_generation": ["image"],
    "no price per token of input and output": ["timed"],
    "a price that is no number": ["odd"],
    "a negative price": ["paying"],
    "a price above a dollar per token": ["dear"],
    "a name that models may not have": ["a name"],
    "another entry has the same name": ["twice"],
  });
});

test("rounds what is not whole in micro-dollars per million tokens, and says so", () => {
  const [model] = read({ cheap: { ...chat, input_cost_per_token: 1.5e-12 } }).models;
  expect(model).toMatchObject({ rounded: true, price: { inputMicros: 2n } });
});

test.each(["[]", "null", "no JSON"])("refuses a file that is no list: %s", (text) => {
  expect(() => readPriceList(text, "acme")).toThrow();
});
