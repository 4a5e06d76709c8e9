import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationSchema } from "@millrace/proto/admin-service";
import { OutputChunkSchema } from "@millrace/proto/job";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { messageWithComments } from "../schema/contract-with-comments.ts";
import { jsonSchemaOf } from "../schema/json-schema.ts";
import { parseConfiguration } from "../src/index.ts";

const published = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../deploy/config.schema.json"), "utf8"),
);
const validate = new Ajv({ strict: true }).compile(published);

test("deploy/config.schema.json is up to date with the contract: `pnpm generate` writes it", () => {
  expect(jsonSchemaOf(messageWithComments(ConfigurationSchema.typeName))).toEqual(published);
});

test("a rule or type that the schema does not support is an error", () => {
  expect(() => jsonSchemaOf(OutputChunkSchema)).toThrow(
    "this type is not supported in the schema yet",
  );
});

const right = [
  "{}",
  "queues: [{ name: mail, retain_failed: 1h30m, types: [a], band_weights: { batch: 1000 } }]",
  "api_keys: [{ key_id: abcd, budget: { weight: 0.01, tokens_per_day: 1000000000000 } }]",
  "provider_accounts: [{ name: openai/gpt-5, requests_per_minute: 100000000 }]",
  "provider_accounts: [{ name: a, requests_per_minute: 1e6, max_running: 1.0 }]",
  "webhook_endpoints: [{ key_id: abcd, name: a, url: 'https://a.b', event_types: [job.*], include_result: true, enabled: false, queues: [documents] }]",
];
const models = "models: [{ name: GPT-5/x, routes: [{ account: a, model: 'My model' }]";
const rightModels = [
  `${models} }]`,
  `${models}, aliases: [b], context_tokens: 1, price: { input_micros: 0, output_micros: 1000000000000 } }]`,
];
const wrongModels = [
  "models: [{ name: m }]",
  "models: [{ name: m, routes: [] }]",
  "models: [{ name: 'a b', routes: [{ account: a, model: b }] }]",
  'models: [{ name: m, routes: [{ account: a, model: "b\\nc" }] }]',
  `${models}, aliases: [b, b] }]`,
  `${models}, context_tokens: 0 }]`,
  `${models}, price: { input_micros: 1 } }]`,
  `${models}, price: { input_micros: -1, output_micros: 1 } }]`,
  `${models}, price: { input_micros: 1.5, output_micros: 1 } }]`,
  `${models}, price: { input_micros: 1, output_micros: 1000000000001 } }]`,
];
const wrong = [
  "[]",
  "keys: []",
  "queues: {}",
  "queues: [{}]",
  "queues: [{ name: Mail }]",
  "queues: [{ name: mail, maxStalls: 1 }]",
  "queues: [{ name: mail, shards: 65 }]",
  "queues: [{ name: mail, shards: -1 }]",
  "queues: [{ name: mail, shards: 1.5 }]",
  "queues: [{ name: mail, retain_failed: 3600 }]",
  "queues: [{ name: mail, retain_failed: 1w }]",
  "queues: [{ name: mail, types: [5] }]",
  "queues: [{ name: mail, types: [Chat] }]",
  "queues: [{ name: mail, band_weights: { batch: 1001 } }]",
  "api_keys: [{ name: shop }]",
  "api_keys: [{ key_id: abcd, name: '' }]",
  "api_keys: [{ key_id: abcd, secret_sha256: abc }]",
  "api_keys: [{ key_id: abcd, budget: { weight: 0 } }]",
  "api_keys: [{ key_id: abcd, budget: { weight: 100.1 } }]",
  "api_keys: [{ key_id: abcd, budget: { tokens_per_day: 1000000000001 } }]",
  "provider_accounts: [{ name: a, max_running: 0 }]",
  "webhook_endpoints: [{ key_id: abcd, name: a }]",
  "webhook_endpoints: [{ key_id: abcd, url: 'https://a.b' }]",
  "webhook_endpoints: [{ key_id: abcd, name: a, url: 'https://a.b', enabled: 1 }]",
  "webhook_endpoints: [{ key_id: abcd, name: a, url: 'https://a.b', event_types: [job.*, job.*] }]",
];

const files: [string, boolean][] = [
  ...[...right, ...rightModels].map((text): [string, boolean] => [text, true]),
  ...[...wrong, ...wrongModels].map((text): [string, boolean] => [text, false]),
];

test.each(files)("the schema for editors and the scheduler agree about %s", (text, expected) => {
  expect([validate(parse(text)), parseConfiguration(text).kind === "right"]).toEqual([
    expected,
    expected,
  ]);
});
