/** Proves models: as operators define them, and as they see them. */
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import {
  GetModelResponseSchema,
  ListModelsResponseSchema,
  type Model,
  ModelSchema,
  ModelStatusSchema,
  PutModelRequestSchema,
  PutModelResponseSchema,
} from "@millrace/proto/admin-model";
import { ListModelsResponseSchema as NamesResponseSchema } from "@millrace/proto/scheduler-service";
import { expect } from "vitest";
import { anyText } from "./expected-job.ts";
import { filled } from "./fill.ts";
import type { World } from "./world.ts";

export async function proveModels({ ledger, admin, scheduler, cliLines }: World): Promise<void> {
  const { model: wanted } = filled(PutModelRequestSchema);
  if (wanted === undefined) throw new Error("a filled request has a model");
  const unservedAccounts = wanted.routes.map(({ account }) => account);
  const shown = { model: wanted as never, etag: anyText, unservedAccounts };
  const put = await admin.putModel({ model: wanted, etag: "none" });
  ledger.compare("PutModel response", PutModelResponseSchema, put, { model: shown });
  const again = admin.putModel({ model: wanted, etag: "none" });
  await expect(again).rejects.toMatchObject({ reason: "CHANGED_MEANWHILE" });
  ledger.prove("PutModel request", "model", "etag");

  const got = await admin.getModel({ name: wanted.name });
  ledger.compare("GetModel response", GetModelResponseSchema, got, { model: shown });
  ledger.prove("GetModel request", "name");
  const { models } = await admin.listModels({});
  const own = models.filter(({ model }) => model?.name === wanted.name);
  const listed = create(ListModelsResponseSchema, { models: own });
  ledger.compare("AdminService.ListModels response", ListModelsResponseSchema, listed, {
    models: [shown],
  });
  const other = { ...wanted, name: `${wanted.name}-2`, aliases: [] };
  await admin.putModel({ model: other as never });
  const pages: string[] = [];
  for (let pageToken = ""; pages.length === 0 || pageToken !== ""; ) {
    const page = await admin.listModels({ pageSize: 1, pageToken });
    expect(page.models).toHaveLength(1);
    pages.push(page.models[0]?.model?.name ?? "");
    pageToken = page.nextPageToken;
  }
  expect(pages).toEqual(expect.arrayContaining([wanted.name, other.name]));
  ledger.prove("AdminService.ListModels request", "page_size", "page_token");
  ledger.prove("AdminService.ListModels response", "next_page_token");
  await admin.deleteModel({ name: other.name });
  for (const verb of [["get", wanted.name], ["list"]]) {
    for await (const line of cliLines("models", ...verb)) {
      const one = fromJson(ModelStatusSchema, line as JsonObject);
      if (one.model?.name !== wanted.name) continue;
      ledger.compare(`millrace models ${verb[0]}`, ModelStatusSchema, one, shown);
    }
  }
  await proveFlags({ ledger, cliLines });
  const names = await scheduler.listModels({ name: wanted.aliases[0] ?? "" });
  ledger.compare("ListModels response", NamesResponseSchema, names, {
    models: [{ name: wanted.name, aliases: wanted.aliases }],
  });
  ledger.prove("ListModels request", "name");

  await admin.deleteModel({ name: wanted.name });
  const left = (await admin.listModels({})).models.map(({ model }) => model?.name);
  expect(left).not.toContain(wanted.name);
  ledger.prove("DeleteModel request", "name");
}

async function proveFlags({ ledger, cliLines }: Pick<World, "ledger" | "cliLines">) {
  const flagged: Model = filled(ModelSchema, { skip: ["routes.price"] });
  const { price } = flagged;
  const dollars = (micros: bigint | undefined) => String(Number(micros) / 1e6);
  const [line] = await Array.fromAsync(
    cliLines(
      ...["models", "put", flagged.name],
      ...flagged.routes.flatMap(({ account, model }) => ["--route", `${account}=${model}`]),
      ...flagged.aliases.flatMap((alias) => ["--alias", alias]),
      ...["--context-tokens", String(flagged.contextTokens)],
      ...["--max-output-tokens", String(flagged.maxOutputTokens)],
      ...["--input-price", dollars(price?.inputMicros)],
      ...["--cached-input-price", dollars(price?.cachedInputMicros)],
      ...["--output-price", dollars(price?.outputMicros)],
    ),
  );
  const made = fromJson(ModelStatusSchema, line as JsonObject);
  ledger.compare("millrace models put", ModelSchema, made.model, flagged as never);
}
