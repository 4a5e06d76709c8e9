import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { accountsJsonSchema } from "../schema/json-schema.ts";
import { parseAccounts } from "../src/index.ts";

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../deploy/accounts.schema.json"), "utf8"),
);

test("deploy/accounts.schema.json is up to date: `pnpm generate` writes it", () => {
  expect(schema).toEqual(JSON.parse(JSON.stringify(accountsJsonSchema())));
});

const matches = new Ajv({ formats: { uri: true } }).compile(schema);

test.each([
  [true, { accounts: [{ name: "a", kind: "extractive" }] }],
  [true, { accounts: [{ name: "a", kind: "openai", call: "90s", models: [{ name: "m" }] }] }],
  [false, { accounts: [] }],
  [false, { accounts: [{ name: "a", kind: "gemini" }] }],
  [false, { accounts: [{ name: "A", kind: "openai" }] }],
  [false, { accounts: [{ name: "a", kind: "openai", api_key: "sk" }] }],
  [false, { accounts: [{ name: "a", kind: "openai", quirks: ["none"] }] }],
  [false, { accounts: [{ name: "a", kind: "openai", silence: "soon" }] }],
])("an editor and the worker agree that it is %s that this is right: %j", (right, file) => {
  expect(matches(file)).toBe(right);
  expect(parseAccounts(JSON.stringify(file)).kind).toBe(right ? "right" : "wrong");
});
