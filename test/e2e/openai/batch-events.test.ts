/** The events of batches: at webhook endpoints and callbacks, verified by the official SDKs. */
import { startSystem } from "@millrace/local";
import { WEBHOOK_QUEUE } from "@millrace/shared";
import OpenAI from "openai";
import { afterAll, expect, test } from "vitest";
import { eventOf, startReceiver } from "../webhooks/receiver.ts";
import { verifiers } from "../webhooks/verifiers.ts";
import { accountsFile, batchEnd, createBatch, lineOf } from "./batch-setup.ts";
import { startProvider } from "./provider.ts";
import { callersOf, putModels, webhookSettings } from "./setup.ts";

const provider = await startProvider();
const accounts = accountsFile(provider.url);
const system = await startSystem({
  settings: {
    ...webhookSettings,
    worker: {
      ...webhookSettings.worker,
      ...{ MILLRACE_ACCOUNTS_FILE: accounts.path, MILLRACE_SLOTS: "20" },
      MILLRACE_QUEUES: `documents,${WEBHOOK_QUEUE}`,
    },
  },
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  provider.close();
  accounts.remove();
});
await putModels(system, { "gpt-test": "acme/main" });
const { clientOf, call } = callersOf(system);
const client = clientOf(OpenAI, { maxRetries: 2 });
const types = ["batch.completed", "batch.failed", "batch.expired", "batch.cancelled"] as const;
const TIMEOUT_MS = 240_000;

test(
  "each end of a batch is an event, which the SDKs verify",
  async () => {
    const receiver = await startReceiver();
    const { id, signing_secret: secret } = await client.webhooks.create({
      ...{ name: "batches", url: receiver.url("/all"), event_types: [...types] },
    });
    const completed = await createBatch(client, [lineOf("a", "one"), lineOf("b", "refuse 422 it")]);
    const failed = await createBatch(client, ["{"]);
    const headers = { "x-millrace-deadline": "30" };
    const expired = await createBatch(client, [lineOf("a", "hold until it expires")], {}, headers);
    await provider.next();
    const cancelled = await createBatch(client, [lineOf("a", "hold until it is cancelled")]);
    await provider.next();
    await client.batches.cancel(cancelled.id);
    // A response is no batch, and its end is no such event.
    await client.responses.create({ model: "gpt-test", input: "The sea was calm." });
    for (const [made, status] of [
      ...([[completed, "completed"]] as const),
      ...([[failed, "failed"]] as const),
      ...([[expired, "expired"]] as const),
      ...([[cancelled, "cancelled"]] as const),
    ]) {
      const request = await receiver.next((one) => eventOf(one).data.id === made.id);
      for (const verify of Object.values(verifiers)) {
        const event = (await verify(request, secret)) as { readonly type: string };
        expect(event.type).toBe(`batch.${status}`);
      }
      expect(eventOf(request)).toEqual({
        ...{ id: request.headers["webhook-id"], object: "event", type: `batch.${status}` },
        ...{ created_at: expect.any(Number), data: { id: made.id } },
      });
      // As receivers do: the event names the batch, and its receiver reads it.
      expect(await client.batches.retrieve(made.id)).toMatchObject({ status });
    }
    await client.webhooks.delete(id);
    expect(receiver.count()).toBe(4);
    expect((await client.webhooks.eventTypes.list()).data).toEqual(
      expect.arrayContaining([...types]),
    );
  },
  TIMEOUT_MS,
);

test(
  "a batch that is cancelled before it has lines, too",
  async () => {
    const receiver = await startReceiver();
    const headers = { "x-millrace-callback": receiver.url("/callback") };
    const [worker] = system.workers;
    await worker?.stop();
    const { id } = await createBatch(client, [lineOf("a", "one")], {}, headers);
    expect(await client.batches.cancel(id)).toMatchObject({ status: "cancelled" });
    await worker?.restart();
    const request = await receiver.next(({ path }) => path === "/callback");
    expect(eventOf(request)).toMatchObject({ type: "batch.cancelled", data: { id } });
  },
  TIMEOUT_MS,
);

test(
  "a batch may name a callback of its own, which its lines do not have",
  async () => {
    const receiver = await startReceiver();
    const headers = { "x-millrace-callback": receiver.url("/callback") };
    const { id } = await createBatch(client, [lineOf("a", "one")], {}, headers);
    const request = await receiver.next(({ path }) => path === "/callback");
    const secret = (await (await call("/v1/callback-secret")).json()) as { secret: string };
    expect(
      await client.webhooks.unwrap(request.body, request.headers, secret.secret),
    ).toMatchObject({ type: "batch.completed", data: { id } });
    await batchEnd(client, id);
    expect(receiver.count()).toBe(1);
    const wrong = { "x-millrace-callback": "ftp://example.com" };
    await expect(createBatch(client, [lineOf("a", "one")], {}, wrong)).rejects.toMatchObject({
      ...{ status: 400, param: "callback.url" },
    });
  },
  TIMEOUT_MS,
);
