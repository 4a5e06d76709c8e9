import { systemClock as clock } from "@millrace/shared";
import { answer, startProviderSimulator } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { type Accounts, openModels, parseAccounts } from "../src/index.ts";

function accountsOf(text: string): Accounts {
  const parsed = parseAccounts(text);
  if (parsed.kind === "wrong") throw new Error(parsed.problems.join("\n"));
  return parsed.accounts;
}

async function setup(write: (url: string) => string) {
  const simulator = await startProviderSimulator(({ body }) =>
    "max_completion_tokens" in body && body.model === "old"
      ? { kind: "refuse", status: 400, message: "Unrecognized field: max_completion_tokens" }
      : answer("By", " water."),
  );
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const secrets = new Map([["acme", "sk-one"]]);
  const models = openModels(accountsOf(write(simulator.url)), {
    clock,
    secretOf: (account) => secrets.get(account) ?? "",
    quote: async ({ text }) => ({ sentences: [text], inputTokens: 1, outputTokens: 1 }),
  });
  const ask = async (account: string, model = "") => {
    const { signal } = new AbortController();
    const messages = [{ role: "user" as const, content: "How?" }];
    const provider = models.provider({ account, model });
    let text = "";
    const call = provider.complete({ messages, maxTokens: 50, signal, keyId: "aaaa" });
    for await (const piece of call.text) text += piece;
    return text;
  };
  return { models, secrets, ask, calls: simulator.calls, url: simulator.url };
}

const acme = (url: string, more = "") => `
default: quotes
accounts:
  - name: acme
    kind: openai
    base_url: "${url}"
    model: small
    headers: { x-title: mill }
    models:
      - { name: thinker, reasoning_tokens: 700 }
    ${more}
  - { name: quotes, kind: extractive }
  - { name: bare, kind: openai, base_url: "${url}" }
`;

test("calls the account and model of a route, with the account's key and headers", async () => {
  const { models, ask, calls, secrets } = await setup((url) => acme(url));
  expect(models.accounts).toEqual(["acme", "quotes", "bare"]);
  expect(await ask("acme")).toBe("By water.");
  secrets.set("acme", "sk-two");
  await ask("acme", "thinker");
  await ask("bare", "free");
  expect(await ask("")).toBe("How?");
  const seen = calls.map(({ body, authorization, headers }) => [
    ...[body.model, body.max_completion_tokens, authorization, headers["x-title"]],
  ]);
  expect(seen).toEqual([
    ["small", 50, "Bearer sk-one", "mill"],
    ["thinker", 750, "Bearer sk-two", "mill"],
    // An account without a secret sends no key.
    ["free", 50, "", undefined],
  ]);
});

test("puts the model into an address that has a place for it", async () => {
  const { ask, calls } = await setup((url) => acme(`${url}/deployments/{model}?api-version=1`));
  await ask("acme", "a model/1");
  expect(calls[0]?.path).toBe("/v1/deployments/a%20model%2F1/chat/completions?api-version=1");
  expect([calls[0]?.authorization, calls[0]?.headers["api-key"]]).toEqual(["", "sk-one"]);
});

test("says which account is missing, and what is missing of one", async () => {
  const { models } = await setup((url) => acme(url).replace("default: quotes", ""));
  const fault = { details: { reason: "ACCOUNT_NOT_SERVED", retryable: true } };
  const find = (account: string, model = "") => {
    try {
      return models.provider({ account, model });
    } catch (error) {
      return error;
    }
  };
  expect(find("other")).toMatchObject({ ...fault, message: expect.stringContaining('"other"') });
  expect(find("bare")).toMatchObject({ ...fault, message: expect.stringContaining("`model`") });
  expect(find("")).toMatchObject({ ...fault, message: expect.stringContaining("`default`") });
});

test("replaces accounts, and keeps what it has learned of those that stay as they are", async () => {
  const { models, ask, calls, url } = await setup((base) => acme(base));
  await ask("acme", "old");
  models.replace(
    accountsOf(acme(url).replace("name: quotes", "name: other").replace("default: quotes", "")),
  );
  expect(models.accounts).toEqual(["acme", "other", "bare"]);
  await ask("acme", "old");
  // The first call was refused once, and the second one was written right at once.
  expect(calls).toHaveLength(3);
  models.replace(accountsOf(acme(url, "silence: 2m")));
  await ask("acme", "old");
  expect(calls).toHaveLength(5);
});
