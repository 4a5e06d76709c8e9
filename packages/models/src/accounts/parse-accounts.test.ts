import { expect, test } from "vitest";
import { parseAccounts } from "./parse-accounts.ts";

const problemsOf = (text: string): readonly string[] => {
  const parsed = parseAccounts(text);
  return parsed.kind === "wrong" ? parsed.problems : [];
};

test("reads accounts of every kind, with defaults for what is left out", () => {
  const parsed = parseAccounts(`
default: acme/openai
accounts:
  - name: acme/openai
    kind: openai
    secret_env: OPENAI_API_KEY
    model: gpt-5-mini
    quirks: [max-tokens]
    models:
      - { name: o3, context_tokens: 200000 }
  - { name: claude, kind: anthropic, secret_file: /run/secrets/claude, silence: 30s }
  - { name: quotes, kind: extractive }
`);
  expect(parsed).toEqual({
    kind: "right",
    accounts: {
      default: "acme/openai",
      accounts: [
        {
          ...{ name: "acme/openai", kind: "openai", secret_env: "OPENAI_API_KEY" },
          ...{ model: "gpt-5-mini", quirks: ["max-tokens"], silence: "1m", call: "15m" },
          base_url: "https://api.openai.com/v1",
          models: [{ name: "o3", context_tokens: 200_000 }],
        },
        {
          ...{ name: "claude", kind: "anthropic", secret_file: "/run/secrets/claude" },
          ...{ base_url: "https://api.anthropic.com", silence: "30s", call: "15m" },
        },
        { name: "quotes", kind: "extractive" },
      ],
    },
  });
});

test("reads JSON, which is YAML too", () => {
  const text = JSON.stringify({ accounts: [{ name: "a", kind: "extractive" }] });
  expect(parseAccounts(text)).toMatchObject({ kind: "right" });
});

test("lists everything that is wrong, with its place, in the order of the file", () => {
  const text = `accounts:
  - name: Acme
    kind: openai
    api_key: sk-secret
    silence: 1 minute
  - { name: b, kind: gemini }
  - { name: c, kind: openai, secret_env: A, secret_file: b }
  - { name: d, kind: anthropic }
`;
  expect(problemsOf(text)).toEqual([
    expect.stringMatching(/^2:11: accounts\[0\]\.name: must be a name of lower-case letters/),
    "4:14: accounts[0].api_key: is not known here",
    expect.stringMatching(/^5:14: accounts\[0\]\.silence: must be a duration, for example 30s/),
    "6:22: accounts[1].kind: must be one of openai, anthropic, extractive",
    "7:5: accounts[2]: has secret_env and secret_file: give only one of them",
    "8:5: accounts[3]: needs secret_env or secret_file",
  ]);
  // A secret that was put into the file by mistake is not repeated.
  expect(problemsOf(text).join()).not.toContain("sk-secret");
});

test("refuses two accounts of one name, two settings of one model, and a default that is no account", () => {
  const text = `accounts:
  - { name: a, kind: extractive }
  - name: a
    kind: openai
    models: [{ name: m }, { name: m }]
default: b
`;
  expect(problemsOf(text)).toEqual([
    '3:11: accounts[1].name: another account above has the name "a"',
    '5:35: accounts[1].models[1].name: there are settings above for the model "m"',
    '6:10: default: is "b", which is none of the accounts: a, a',
  ]);
});

test.each([
  ["no accounts", "accounts: []", "1:11: accounts: "],
  ["nothing", "", "1:1: "],
  ["a list", "- a", "1:1: "],
  ["broken YAML", "accounts: [", "1:12: "],
  ["a field twice", "accounts: []\naccounts: []", "2:1: "],
  [
    "a duration out of its range",
    "accounts:\n  - { name: a, kind: openai, call: 48h }",
    "2:36: accounts[0].call: must be from 1s to 24h",
  ],
  [
    "a URL without a host",
    "accounts:\n  - { name: a, kind: openai, base_url: api.openai.com }",
    "2:40: accounts[0].base_url: must be a URL",
  ],
])("refuses a file with %s", (_, text, problem) => {
  expect(problemsOf(text)).toEqual([expect.stringContaining(problem)]);
});

test("takes 64 accounts and refuses 65, as many as a worker may have pools", () => {
  const file = (count: number) =>
    JSON.stringify({
      accounts: Array.from({ length: count }, (_, i) => ({ name: `a${i}`, kind: "extractive" })),
    });
  expect(problemsOf(file(64))).toEqual([]);
  expect(problemsOf(file(65))).toHaveLength(1);
});

test("refuses a file that is too long to be one", () => {
  expect(problemsOf(`#${"x".repeat(1024 * 1024)}`)).toEqual([
    "1:1: the file is longer than 1048576 bytes",
  ]);
});
