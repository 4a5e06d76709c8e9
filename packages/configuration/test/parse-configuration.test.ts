import { equals, toJson } from "@bufbuild/protobuf";
import { ConfigurationSchema } from "@millrace/proto/admin-service";
import { expect, test } from "vitest";
import { parseConfiguration, problemText } from "../src/index.ts";

/** Returns the problems of a file, one line each, as a person reads them. */
const problems = (text: string): string[] => {
  const parsed = parseConfiguration(text);
  return parsed.kind === "right" ? [] : parsed.problems.map((one) => problemText("c.yaml", one));
};

const whole = `\
# Every field of a configuration file.
queues:
  - name: documents
    shards: 2
    types: [summarize, chat]
    max_depth_per_key: 1000
    max_stalls: 5
    retain_succeeded: 24h
    retain_failed: 7d
    retain_dead_letters: 1h30m
    retain_count: 500
    band_weights: { interactive: 8, standard: 2, batch: 1 }
    default_retry: { max_attempts: 3, initial_backoff: 250ms, max_backoff: 1.5s }
    max_bounces: 10
    default_estimated_tokens: 2000
  - name: mail
api_keys:
  - key_id: k7f3q2m9ab
    name: shop
    secret_sha256: ${"0123456789abcdef".repeat(4)}
    budget:
      requests_per_minute: 60
      tokens_per_minute: 90_000
      tokens_per_day: 1000000000000
      max_running: 4
      max_queued: 100
      max_priority: 11
      max_stored_bytes: 50000000
      weight: 0.5
  - key_id: "2345678923"
    budget: {}
provider_accounts:
  - name: openai/gpt-5
    requests_per_minute: 500
    tokens_per_minute: 200000
    max_running: 50
models:
  - name: gpt-5
    routes:
      - { account: openai/gpt-5, model: gpt-5-2025-08-07 }
      - account: azure/west
        model: my-gpt-5
        price: { input_micros: 0, output_micros: 1 }
    aliases: [best]
    context_tokens: 400000
    max_output_tokens: 128000
    price: { input_micros: 1250000, cached_input_micros: 125000, output_micros: 10000000 }
`.replace("90_000", "90000");

test("every field of the contract is read", () => {
  const parsed = parseConfiguration(whole);
  if (parsed.kind === "wrong") throw new Error(problems(whole).join("\n"));
  expect(toJson(ConfigurationSchema, parsed.configuration)).toEqual({
    queues: [
      {
        ...{ name: "documents", shards: 2, types: ["summarize", "chat"], maxDepthPerKey: 1_000 },
        ...{ maxStalls: 5, retainSucceeded: "86400s", retainFailed: "604800s" },
        ...{ retainDeadLetters: "5400s", retainCount: 500 },
        bandWeights: { interactive: 8, standard: 2, batch: 1 },
        defaultRetry: { maxAttempts: 3, initialBackoff: "0.250s", maxBackoff: "1.500s" },
        ...{ maxBounces: 10, defaultEstimatedTokens: 2_000 },
      },
      { name: "mail" },
    ],
    apiKeys: [
      {
        ...{ keyId: "k7f3q2m9ab", name: "shop", secretSha256: "0123456789abcdef".repeat(4) },
        budget: {
          ...{ requestsPerMinute: 60, tokensPerMinute: "90000", tokensPerDay: "1000000000000" },
          ...{
            maxRunning: 4,
            maxQueued: 100,
            maxPriority: 11,
            maxStoredBytes: "50000000",
            weight: 0.5,
          },
        },
      },
      { keyId: "2345678923", budget: {} },
    ],
    providerAccounts: [
      {
        ...{ name: "openai/gpt-5", requestsPerMinute: 500, tokensPerMinute: "200000" },
        maxRunning: 50,
      },
    ],
    models: [
      {
        name: "gpt-5",
        routes: [
          { account: "openai/gpt-5", model: "gpt-5-2025-08-07" },
          {
            ...{ account: "azure/west", model: "my-gpt-5" },
            price: { inputMicros: "0", outputMicros: "1" },
          },
        ],
        ...{ aliases: ["best"], contextTokens: "400000", maxOutputTokens: "128000" },
        price: { inputMicros: "1250000", cachedInputMicros: "125000", outputMicros: "10000000" },
      },
    ],
  });
});

test("a JSON file is read like a YAML file", () => {
  const [yaml, json] = [
    "queues: [{ name: mail, max_stalls: 5 }]",
    '{"queues": [{"name": "mail", "max_stalls": 5}]}',
  ].map(parseConfiguration);
  if (yaml?.kind !== "right" || json?.kind !== "right") throw new Error("the file was not read");
  expect(equals(ConfigurationSchema, yaml.configuration, json.configuration)).toBe(true);
});

test.each(["", "\n", "# nothing yet\n", "{}", "queues: []"])("%j declares nothing", (text) => {
  expect(problems(text)).toEqual([]);
});

test.each<[string, string, string[]]>([
  [
    "a list in place of the mapping",
    "- a\n",
    [
      "1:1: must be a mapping with some of: queues, api_keys, provider_accounts, schedules, webhook_endpoints, models",
    ],
  ],
  ["an empty section", "queues:\n", ["1:8: queues: must be a list"]],
  ["a section that is not a list", "queues:\n  name: mail\n", ["2:3: queues: must be a list"]],
  [
    "an unknown section",
    "keys: []\n",
    [
      '1:1: there is no field "keys" here; the fields are: queues, api_keys, provider_accounts, schedules, webhook_endpoints, models',
    ],
  ],
  [
    "an unknown field",
    "provider_accounts:\n  - name: a\n    rpm: 5\n",
    [
      '3:5: provider_accounts[0]: there is no field "rpm" here; the fields are: name, requests_per_minute, tokens_per_minute, max_running',
    ],
  ],
  [
    "a field name in camel case",
    "queues:\n  - name: a\n    maxStalls: 5\n",
    [
      expect.stringContaining(
        '3:5: queues[0]: there is no field "maxStalls" here; the fields are: name, shards',
      ) as never,
    ],
  ],
  ["a field twice", "queues:\n  - name: a\n    name: b\n", ["3:5: this field is given twice"]],
  [
    "text in place of a number",
    "queues:\n  - name: a\n    shards: two\n",
    ["3:13: queues[0].shards: must be a whole number from 0 to 4294967295"],
  ],
  [
    "a number in quotes",
    'queues:\n  - name: a\n    shards: "2"\n',
    ["3:13: queues[0].shards: must be a whole number from 0 to 4294967295"],
  ],
  [
    "a negative number",
    "queues:\n  - name: a\n    shards: -1\n",
    ["3:13: queues[0].shards: must be a whole number from 0 to 4294967295"],
  ],
  [
    "a fraction",
    "queues:\n  - name: a\n    shards: 1.5\n",
    ["3:13: queues[0].shards: must be a whole number from 0 to 4294967295"],
  ],
  [
    "a huge number",
    "queues:\n  - name: a\n    shards: 4294967296\n",
    ["3:13: queues[0].shards: must be a whole number from 0 to 4294967295"],
  ],
  [
    "a NaN",
    "api_keys:\n  - key_id: abcd\n    budget: { weight: .nan }\n",
    ["3:23: api_keys[0].budget.weight: must be a number"],
  ],
  [
    "an infinite number",
    "api_keys:\n  - key_id: abcd\n    budget: { weight: .inf }\n",
    ["3:23: api_keys[0].budget.weight: must be a number"],
  ],
  [
    "a number in place of text",
    "api_keys:\n  - key_id: 12345\n",
    ["2:13: api_keys[0].key_id: must be text: put it in quotes"],
  ],
  [
    "a duration without a unit",
    "queues:\n  - name: a\n    retain_failed: 3600\n",
    ["3:20: queues[0].retain_failed: must be a duration, for example 30s, 5m, 24h or 7d"],
  ],
  [
    "a duration that is too long",
    "queues:\n  - name: a\n    retain_failed: 9999999999d\n",
    ["3:20: queues[0].retain_failed: must be a duration, for example 30s, 5m, 24h or 7d"],
  ],
  [
    "a list with an item that is not text",
    "queues:\n  - name: a\n    types: [chat, 5]\n",
    ["3:19: queues[0].types[1]: must be text: put it in quotes"],
  ],
  [
    "an empty part",
    "api_keys:\n  - key_id: abcd\n    budget:\n",
    [
      "3:12: api_keys[0].budget: must be a mapping with some of: requests_per_minute, tokens_per_minute, tokens_per_day, max_running, max_queued, weight, max_priority, max_stored_bytes",
    ],
  ],
  [
    "an alias",
    "queues:\n  - &a { name: mail }\n  - *a\n",
    ["3:5: queues[1]: aliases are not supported: write the value out"],
  ],
  ["a tag", "queues: !!set []\n", [expect.stringMatching(/^1:9: /) as never]],
  ["a cut file", "queues: [\n", [expect.stringMatching(/^\d+:\d+: /) as never]],
  [
    "tabs",
    "queues:\n\t- name: a\n",
    [expect.stringMatching(/^2:1: Tabs are not allowed/) as never],
  ],
  [
    "a second document",
    "queues: []\n---\nqueues: []\n",
    ["2:1: a second YAML document begins here: the file may contain only one"],
  ],
  [
    "a number over its limit",
    "queues:\n  - name: a\n    shards: 65\n",
    ["3:5: queues[0].shards: must be less than or equal to 64"],
  ],
  [
    "a wrong name",
    "queues:\n  - name: Mail\n",
    [expect.stringMatching(/^2:5: queues\[0\]\.name: /) as never],
  ],
  [
    "a missing name",
    "queues:\n  - shards: 1\n",
    [expect.stringMatching(/^2:5: queues\[0\]\.name: /) as never],
  ],
  [
    "a secret in place of its hash",
    "api_keys:\n  - key_id: abcd\n    secret_sha256: s3cret\n",
    [expect.stringMatching(/^3:5: api_keys\[0\]\.secret_sha256: (?!.*s3cret)/) as never],
  ],
  [
    "limits that contradict",
    "api_keys:\n  - key_id: abcd\n    budget: { tokens_per_minute: 10, tokens_per_day: 9 }\n",
    ["3:5: api_keys[0].budget: tokens_per_day must not be less than tokens_per_minute"],
  ],
  [
    "waits that contradict",
    "queues:\n  - name: a\n    default_retry:\n      initial_backoff: 5s\n      max_backoff: 4s\n",
    ["3:5: queues[0].default_retry: max_backoff must not be less than initial_backoff"],
  ],
  [
    "a queue twice",
    "queues:\n  - name: a\n  - name: b\n  - name: a\n",
    ["4:5: queues[2].name: a is already declared as queues[0]"],
  ],
  [
    "a key twice",
    "api_keys:\n  - key_id: abcd\n  - key_id: abcd\n",
    ["3:5: api_keys[1].key_id: abcd is already declared as api_keys[0]"],
  ],
  [
    "a negative price",
    "models:\n  - name: a\n    routes: [{ account: x, model: y }]\n    price: { input_micros: -1 }\n",
    ["4:28: models[0].price.input_micros: must be a whole number from 0 to 18446744073709551615"],
  ],
  [
    "a price without the output",
    "models:\n  - name: a\n    routes: [{ account: x, model: y }]\n    price: { input_micros: 1 }\n",
    [expect.stringMatching(/^4:5: models\[0\]\.price\.output_micros: .*required/) as never],
  ],
  [
    "aliases in a circle",
    "models:\n  - { name: a, aliases: [b], routes: [{ account: x, model: y }] }\n  - { name: b, aliases: [a], routes: [{ account: x, model: y }] }\n",
    [
      "2:26: models[0].aliases[0]: b is already declared as models[1]",
      "3:26: models[1].aliases[0]: a is already declared as models[0]",
    ],
  ],
  [
    "a model and an alias twice",
    "models:\n  - { name: a, aliases: [c], routes: [{ account: x, model: y }] }\n  - { name: b, aliases: [c], routes: [{ account: x, model: y }] }\n  - { name: b, routes: [] }\n",
    [
      "3:26: models[1].aliases[0]: c is already an alias of models[0]",
      "4:7: models[2].name: b is already declared as models[1]",
      expect.stringMatching(/^4:16: models\[2\]\.routes: /) as never,
    ],
  ],
  [
    "an account twice",
    "provider_accounts:\n  - name: a\n  - name: a\n",
    ["3:5: provider_accounts[1].name: a is already declared as provider_accounts[0]"],
  ],
])("%s is reported with its line and column", (_, text, expected) => {
  expect(problems(text).map((line) => line.replace(/^c\.yaml:/, ""))).toEqual(expected);
});

test("all problems are reported at once, in the order of the file", () => {
  const text = `\
provider_accounts:
  - name: a
    max_running: many
queues:
  - name: mail
    shard: 2
    max_stalls: -1
`;
  expect(problems(text)).toEqual([
    "c.yaml:3:18: provider_accounts[0].max_running: must be a whole number from 0 to 4294967295",
    expect.stringMatching(/^c\.yaml:6:5: queues\[0\]: there is no field "shard" here/),
    "c.yaml:7:17: queues[0].max_stalls: must be a whole number from 0 to 4294967295",
  ]);
  const rules = "queues:\n  - name: b\n    max_stalls: 101\n    shards: 65\n  - name: b\n";
  expect(problems(rules)).toEqual([
    "c.yaml:3:5: queues[0].max_stalls: must be less than or equal to 100",
    "c.yaml:4:5: queues[0].shards: must be less than or equal to 64",
    "c.yaml:5:5: queues[1].name: b is already declared as queues[0]",
  ]);
});

test("the place of a problem that a scheduler finds later is found in the file", () => {
  const parsed = parseConfiguration("queues:\n  - name: mail\n    shards: 2\n");
  if (parsed.kind === "wrong") throw new Error("the file was not read");
  const description = "mail has 1 shard";
  const problemAt = (field: string) => parsed.locate([{ field, description }])[0];
  expect(problemAt("queues[0].shards")).toMatchObject({ line: 3, column: 5, description });
  expect(problemAt("queues[0].types")).toMatchObject({ line: 2, column: 5 });
  expect(problemAt("api_keys[3].name")).toMatchObject({ line: 1, column: 1 });
});

test("a file longer than 4 MiB is not read at all", () => {
  const comment = (bytes: number) => `#${"x".repeat(bytes - 1)}`;
  expect(problems(comment(4 * 1024 * 1024))).toEqual([]);
  expect(problems(comment(4 * 1024 * 1024 + 1))).toEqual([
    "c.yaml:1:1: the file is longer than 4194304 bytes",
  ]);
});
