/** The official SDKs, unchanged, in front of the gateway and the worker of this repository, which has its account from a file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSystem } from "@millrace/local";
import { afterAll, expect, test } from "vitest";
import { startProvider } from "./provider.ts";
import { callersOf, clients, putModels, said } from "./setup.ts";

const provider = await startProvider();
const folder = mkdtempSync(join(tmpdir(), "millrace-accounts-"));
const accountsFile = join(folder, "accounts.yaml");
const account = { kind: "openai", name: "acme/main", base_url: `${provider.url}/v1` };
writeFileSync(accountsFile, JSON.stringify({ accounts: [{ ...account, model: "model-a" }] }));
const system = await startSystem({
  settings: {
    worker: { MILLRACE_ACCOUNTS_FILE: accountsFile },
  },
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  provider.close();
  rmSync(folder, { recursive: true });
});
await putModels(system, { "gpt-test": "acme/main" });
const { clientOf } = callersOf(system);
const model = "gpt-test";
const sdks = Object.entries(clients);

test.each(sdks)("%s: chat completions, whole and streamed", async (_, Client) => {
  const client = clientOf(Client);
  const create = { model, messages: said("Call me Ishmael.") };
  const whole = await client.chat.completions.create(create);
  expect(whole.choices[0]?.message.content).toBe("You said: Call me Ishmael.");
  const stream = client.chat.completions.stream(create);
  expect(await stream.finalContent()).toBe("You said: Call me Ishmael.");
});

test.each(sdks)("%s: embeddings", async (_, Client) => {
  const { data } = await clientOf(Client).embeddings.create({ model, input: ["a", "b"] });
  expect(data.map(({ index }) => index)).toEqual([0, 1]);
});

test.each(sdks)("%s: responses, whole, streamed and in the background", async (_, Client) => {
  const client = clientOf(Client);
  const create = { model, input: "The sea was calm." };
  expect((await client.responses.create(create)).output_text).toBe("You said: The sea was calm.");
  const finished = await client.responses.stream(create).finalResponse();
  expect(finished.output_text).toBe("You said: The sea was calm.");
  const { id } = await client.responses.create({ ...create, background: true });
  const watched = await client.responses.retrieve(id, { stream: true });
  const types = [];
  for await (const { type } of watched) types.push(type);
  expect(types.at(-1)).toBe("response.completed");
  expect(await client.responses.retrieve(id)).toMatchObject({ id, status: "completed" });
});

test.each(sdks)("%s: the provider's own error reaches the caller", async (_, Client) => {
  const refused = clientOf(Client).chat.completions.create({ model, messages: said("refuse 422") });
  await expect(refused).rejects.toMatchObject({
    ...{ status: 422, type: "invalid_request_error", param: "messages", code: "no_such_thing" },
    message: "422 the provider says no",
  });
});
