import { create, toBinary } from "@bufbuild/protobuf";
import type { Model } from "@millrace/engine";
import { ListModelsRequestSchema, ListModelsResponseSchema } from "@millrace/proto/admin-model";
import { expect, test } from "vitest";
import { listModels } from "./list-models.ts";

/** What gRPC clients accept by default. */
const MESSAGE_BYTES = 4 * 1024 * 1024;
const MICROS = 10 ** 12;
const price = { inputMicros: MICROS, cachedInputMicros: MICROS, outputMicros: MICROS };
const padded = (text: string, chars: number) => text.padEnd(chars, "x");

/** A model in which everything is as long as it may be. A character of four bytes counts as one. */
const largest = (at: number): Model => ({
  name: padded(`model-${String(at).padStart(4, "0")}-`, 100),
  aliases: Array.from({ length: 16 }, (_, i) => padded(`alias-${at}-${i}-`, 100)),
  routes: Array.from({ length: 16 }, (_, i) => ({
    ...{ account: padded(`account-${i}-`, 63), model: "\u{1f40b}".repeat(200), price },
  })),
  ...{ contextTokens: MICROS, maxOutputTokens: MICROS, price },
});

/** Walks the pages of a catalogue. No worker is connected, so every account counts as unserved. */
async function pages(models: readonly Model[], pageSize: number) {
  const handler = listModels({ models: { list: async () => models } }, { list: async () => [] });
  const found: { names: (string | undefined)[]; bytes: number }[] = [];
  let pageToken = "";
  do {
    const request = create(ListModelsRequestSchema, { pageSize, pageToken });
    const answer = create(
      ListModelsResponseSchema,
      await handler(request, { identity: { name: "anna" } }),
    );
    found.push({
      names: answer.models.map(({ model }) => model?.name),
      bytes: toBinary(ListModelsResponseSchema, answer).length,
    });
    pageToken = answer.nextPageToken;
  } while (pageToken !== "");
  return found;
}

test("1,000 models of the largest size are listed once each, in messages that gRPC clients accept", async () => {
  const models = Array.from({ length: 1_000 }, (_, at) => largest(at));
  const found = await pages(models, 1_000);
  expect(found.flatMap(({ names }) => names)).toEqual(models.map(({ name }) => name));
  expect(Math.max(...found.map(({ bytes }) => bytes))).toBeLessThan(MESSAGE_BYTES);
  // Pages are not much smaller than they may be.
  for (const { bytes } of found.slice(0, -1)) expect(bytes).toBeGreaterThan(MESSAGE_BYTES / 2);
});

test("a page has at most as many models as were asked for, and the last one has no token", async () => {
  const models = Array.from({ length: 200 }, (_, at) => ({ name: `m${100 + at}`, routes: [] }));
  const sizes = async (count: number, pageSize: number) =>
    (await pages(models.slice(0, count), pageSize)).map(({ names }) => names.length);
  expect(await sizes(0, 0)).toEqual([0]);
  expect(await sizes(100, 0)).toEqual([100]);
  expect(await sizes(101, 0)).toEqual([100, 1]);
  expect(await sizes(200, 1_000)).toEqual([200]);
  expect(await sizes(5, 2)).toEqual([2, 2, 1]);
  expect(await sizes(4, 2)).toEqual([2, 2]);
});
