import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ModelSchema } from "@millrace/proto/admin-model";
import { expect, test } from "vitest";
import { setup } from "./admin-setup.ts";
import { oneWorker } from "./no-workers.ts";

type Model = MessageInitShape<typeof ModelSchema>;

const price = { inputMicros: 1_250_000n, cachedInputMicros: 125_000n, outputMicros: 10_000_000n };
const whole = {
  name: "gpt-5",
  routes: [
    { account: "openai/main", model: "gpt-5-2025-08-07" },
    { account: "azure/west", model: "my gpt 5", price: { inputMicros: 0n, outputMicros: 1n } },
  ],
  aliases: ["best", "openai/gpt-5"],
  ...{ contextTokens: 400_000n, maxOutputTokens: 128_000n, price },
} satisfies Model;

const simple = (name: string, ...aliases: string[]) => ({
  ...{ name, aliases, routes: [{ account: "openai/main", model: name }] },
});

test("returns a model as it was last put, by its name or an alias", async () => {
  const { rpc } = await setup();
  const put = await rpc.putModel({ model: whole });
  expect(put.model?.model).toMatchObject(whole);
  expect(await rpc.putModel({ model: whole })).toEqual(put);
  for (const name of ["gpt-5", "best"]) {
    expect((await rpc.getModel({ name })).model).toEqual(put.model);
  }
  const least = await rpc.putModel({ model: simple("gpt-5") });
  expect(least.model?.model).toMatchObject(simple("gpt-5"));
  expect(least.model?.model?.price).toBeUndefined();
  expect(least.model?.etag).not.toBe(put.model?.etag);
});

test("lists models by name, with the accounts that no worker serves", async () => {
  const { rpc } = await setup(oneWorker("mail", ["openai/main"]));
  await rpc.putModel({ model: whole });
  await rpc.putModel({ model: simple("fast") });
  const { models } = await rpc.listModels({});
  expect(models.map(({ model, unservedAccounts }) => [model?.name, unservedAccounts])).toEqual([
    ["fast", []],
    ["gpt-5", ["azure/west"]],
  ]);
});

test("lists models by pages, which models that are put or removed meanwhile do not shift", async () => {
  const { rpc } = await setup();
  for (const name of ["a", "c", "d", "e"]) await rpc.putModel({ model: simple(name) });
  const names = ({ models }: Awaited<ReturnType<typeof rpc.listModels>>) =>
    models.map(({ model }) => model?.name);
  const first = await rpc.listModels({ pageSize: 2 });
  expect(names(first)).toEqual(["a", "c"]);
  await rpc.putModel({ model: simple("b") });
  await rpc.deleteModel({ name: "c" });
  const second = await rpc.listModels({ pageSize: 2, pageToken: first.nextPageToken });
  expect(names(second)).toEqual(["d", "e"]);
  expect(second.nextPageToken).toBe("");
});

test("refuses pages that are too long, and tokens that it has not returned", async () => {
  const { rpc } = await setup();
  await rpc.listModels({ pageSize: 1_000 });
  const malformed = { reason: "MALFORMED" };
  await expect(rpc.listModels({ pageSize: 1_001 })).rejects.toMatchObject(malformed);
  for (const pageToken of ["gpt-5", "key:abcd", "model:", "model:-"]) {
    await expect(rpc.listModels({ pageToken })).rejects.toMatchObject({
      ...malformed,
      message: expect.stringContaining("page_token"),
    });
  }
});

test("removes a model, and names one that does not exist with similar names", async () => {
  const { rpc } = await setup();
  await rpc.putModel({ model: whole });
  await expect(rpc.deleteModel({ name: "best" })).rejects.toMatchObject({
    reason: "MODEL_NOT_FOUND",
  });
  await rpc.deleteModel({ name: "gpt-5" });
  expect((await rpc.listModels({})).models).toEqual([]);
  await rpc.putModel({ model: simple("gpt-5-mini") });
  await expect(rpc.getModel({ name: "gpt-5-mni" })).rejects.toMatchObject({
    ...{ reason: "MODEL_NOT_FOUND", message: expect.stringContaining("(similar: gpt-5-mini)") },
  });
});

test("changes a model only if it is as the operator read it", async () => {
  const { rpc } = await setup();
  const changed = { reason: "CHANGED_MEANWHILE" };
  const { model } = await rpc.putModel({ model: whole, etag: "none" });
  await expect(rpc.putModel({ model: whole, etag: "none" })).rejects.toMatchObject(changed);
  await rpc.putModel({ model: simple("gpt-5"), etag: model?.etag ?? "" });
  await expect(rpc.putModel({ model: whole, etag: model?.etag ?? "" })).rejects.toMatchObject(
    changed,
  );
  const { changes } = await rpc.listChanges({});
  expect(changes.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
    ...["PutModel gpt-5", "PutModel gpt-5"],
  ]);
});

test("refuses a name or an alias that another model has", async () => {
  const { rpc } = await setup();
  await rpc.putModel({ model: whole });
  for (const model of [simple("best"), simple("other", "gpt-5"), simple("other", "best")]) {
    await expect(rpc.putModel({ model })).rejects.toMatchObject({
      ...{ reason: "MODEL_NAME_TAKEN", message: expect.stringContaining("model gpt-5") },
    });
  }
  expect((await rpc.listChanges({})).changes).toHaveLength(1);
});

const route = { account: "openai/main", model: "m" };
test.each<[string, Model]>([
  ["model.name", { ...simple("a b") }],
  ["model.routes", { name: "m" }],
  ["model", { name: "m", routes: [route, route] }],
  ["model", simple("m", "m")],
  ["model.routes[0].account", { name: "m", routes: [{ ...route, account: "Open AI" }] }],
  ["model.routes[0].model", { name: "m", routes: [{ ...route, model: "two\nlines" }] }],
  ["model.price.output_micros", { ...simple("m"), price: { inputMicros: 1n } }],
  [
    "model.price.input_micros",
    { ...simple("m"), price: { ...price, inputMicros: 10n ** 12n + 1n } },
  ],
  ["model.context_tokens", { ...simple("m"), contextTokens: 0n }],
  ["model.aliases", simple("m", "a", "a")],
])("names the field that is wrong: %s", async (field, model) => {
  const { rpc } = await setup();
  await expect(rpc.putModel({ model })).rejects.toMatchObject({
    ...{ reason: "MALFORMED", violations: [expect.objectContaining({ field })] },
  });
});

test("a job's alias becomes the model's name, and an unknown model is refused with similar names", async () => {
  const { rpc, submit, submitted } = await setup();
  await rpc.putQueue({ queue: { name: "mail" } });
  await rpc.putModel({ model: whole });
  expect(await submit({ queue: "mail", model: "best" })).toMatchObject({ model: "gpt-5" });
  const { result } = await submitted({ queue: "mail", model: "bst" });
  expect(result.value).toMatchObject({
    message: expect.stringContaining("there is no model bst (similar: best)"),
  });
});
