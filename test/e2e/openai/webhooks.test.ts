/** Webhook endpoints in OpenAI's form, and the events of responses, verified by the official SDKs. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { newWebhookEndpointId, systemRandom as random } from "@millrace/shared";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { python } from "../python.ts";
import { eventOf, startReceiver } from "../webhooks/receiver.ts";
import { hasPythonLibraries, verifiers } from "../webhooks/verifiers.ts";
import { delta, response, responseHead } from "./answers.ts";
import { said, startOpenAi } from "./setup.ts";

const { system, provider, clientOf, call } = await startOpenAi({}, { couriers: true });
const model = "gpt-test";
/** Only the newer major has calls for endpoints. Both majors verify events. */
const client = clientOf(OpenAI);
const [completed, failed, cancelled, incomplete] = [
  ...(["response.completed", "response.failed", "response.cancelled"] as const),
  "response.incomplete",
] as const;
const types = [completed, failed, cancelled, incomplete];
/** A delivery passes four processes. */
const TIMEOUT_MS = 120_000;

const background = (input: string) => client.responses.create({ model, input, background: true });

test(
  "each end of a background response is an event, which the SDKs verify",
  async () => {
    const receiver = await startReceiver();
    const { id, signing_secret: secret } = await client.webhooks.create({
      ...{ name: "responses", url: receiver.url("/all"), event_types: types },
    });
    const whole = await background("Call me Ishmael.");
    const refused = await background("refuse 400 this");
    const cut = await background("hold");
    const held = await provider.next();
    const half = { ...response("The sea", "incomplete") };
    held.send(...responseHead(), delta("The sea"), {
      ...{ type: "response.incomplete", response: half },
    });
    held.end();
    const stopped = await background("hold");
    await provider.next();
    await client.responses.cancel(stopped.id);
    // Neither of these is a response in the background.
    await client.responses.create({ model, input: "The sea was calm." });
    await client.chat.completions.create({ model, messages: said("So it goes.") });
    for (const [made, status] of [
      [whole, "completed"],
      [refused, "failed"],
      [cut, "incomplete"],
      [stopped, "cancelled"],
    ] as const) {
      const request = await receiver.next((one) => eventOf(one).data.id === made.id);
      for (const verify of Object.values(verifiers)) {
        const event = (await verify(request, secret)) as { readonly type: string };
        expect(event.type).toBe(`response.${status}`);
      }
      expect(eventOf(request)).toEqual({
        ...{ id: request.headers["webhook-id"], object: "event", type: `response.${status}` },
        ...{ created_at: expect.any(Number), data: { id: made.id } },
      });
      // As receivers do: the event names the response, and its receiver reads it.
      expect(await client.responses.retrieve(made.id)).toMatchObject({ status });
    }
    await client.webhooks.delete(id);
    expect(receiver.count()).toBe(4);
  },
  TIMEOUT_MS,
);

test(
  "a background response may name a callback of its own",
  async () => {
    const receiver = await startReceiver();
    const headers = { "x-millrace-callback": receiver.url("/callback") };
    const create = { model, input: "Call me Ishmael." };
    const { id } = await client.responses.create({ ...create, background: true }, { headers });
    const request = await receiver.next(({ path }) => path === "/callback");
    const secret = (await (await call("/v1/callback-secret")).json()) as { secret: string };
    expect(
      await client.webhooks.unwrap(request.body, request.headers, secret.secret),
    ).toMatchObject({ type: "response.completed", data: { id } });
    expect(receiver.count()).toBe(1);
    await expect(client.responses.create(create, { headers })).rejects.toMatchObject({
      ...{ status: 400, param: "X-Millrace-Callback" },
    });
  },
  TIMEOUT_MS,
);

test(
  "endpoints are made, listed, changed, tested and deleted",
  async () => {
    const receiver = await startReceiver();
    const url = receiver.url("/one");
    const made = await client.webhooks.create({ name: "one", url, event_types: [completed] });
    const { signing_secret: secret, ...endpoint } = made;
    expect(endpoint).toMatchObject({
      ...{ object: "webhook_endpoint", name: "one", url, event_types: ["response.completed"] },
      signing_secret_hint: secret.replace(/=+$/, "").slice(-4),
    });
    expect(secret).toMatch(/^whsec_/);
    expect(await client.webhooks.retrieve(made.id)).toEqual(endpoint);
    const other = await client.webhooks.create({ name: "other", url, event_types: types });
    const listed = [];
    for await (const one of client.webhooks.list({ limit: 1 })) listed.push(one.id);
    expect(listed).toEqual([other.id, made.id]);

    const changed = await client.webhooks.update(made.id, {
      name: "two",
      event_types: [failed],
    });
    expect(changed).toMatchObject({ name: "two", url, event_types: ["response.failed"] });
    const rotated = await client.webhooks.rotateSecret(made.id);
    expect(rotated).toMatchObject({ id: made.id, name: "two" });
    expect(rotated.signing_secret).not.toBe(secret);

    receiver.answers.set("/one", 418);
    const tested = await client.webhooks.test(made.id, { event_type: completed });
    expect(tested).toEqual({
      ...{ object: "webhook_endpoint.test", webhook_endpoint_id: made.id, success: true },
      ...{ event_type: "webhook.test", status_code: 418 },
    });
    const request = await receiver.next((one) => eventOf(one).type === "webhook.test");
    await expect(client.webhooks.unwrap(request.body, request.headers, secret)).rejects.toThrow();
    await client.webhooks.unwrap(request.body, request.headers, rotated.signing_secret);

    expect(await client.webhooks.delete(made.id)).toEqual({
      ...{ id: made.id, object: "webhook_endpoint.deleted", deleted: true },
    });
    await expect(client.webhooks.retrieve(made.id)).rejects.toMatchObject({
      ...{ status: 404, code: "webhook_not_found" },
    });
    await client.webhooks.delete(other.id);
    expect((await client.webhooks.eventTypes.list()).data).toEqual(expect.arrayContaining(types));
  },
  TIMEOUT_MS,
);

test(
  "what cannot be served is refused in OpenAI's form",
  async () => {
    const receiver = await startReceiver();
    const url = receiver.url("/refused");
    const create = (change: object) =>
      client.webhooks.create({ name: "a", url, event_types: types, ...change });
    for (const [change, param] of [
      [{ event_types: ["eval.run.failed"] }, "event_types"],
      [{ event_types: [] }, "event_types"],
      [{ url: "ftp://example.com" }, "url"],
      [{ name: "" }, "name"],
    ] as const) {
      await expect(create(change)).rejects.toMatchObject({ status: 400, param });
    }
    for (const id of ["whe_123", newWebhookEndpointId(1, random)]) {
      await expect(client.webhooks.update(id, { name: "b" })).rejects.toMatchObject({
        status: 404,
      });
    }
    const { id } = await create({ name: "gone", url: "http://127.0.0.1:1/" });
    await expect(client.webhooks.test(id, { event_type: completed })).rejects.toMatchObject({
      ...{ status: 502, code: "webhook_unanswered" },
    });
    await client.webhooks.delete(id);
  },
  TIMEOUT_MS,
);

test.skipIf(!hasPythonLibraries())(
  "openai (PyPI): every call for endpoints",
  async () => {
    const receiver = await startReceiver();
    const script = join(import.meta.dirname, "webhooks.py");
    const env = {
      ...{ PATH: process.env.PATH, URL: receiver.url("/python") },
      ...{ BASE_URL: `${system.httpUrl}/v1`, API_KEY: system.apiKey },
    };
    const { stdout } = await promisify(execFile)(String(python), [script], { env });
    expect(stdout.trim()).toBe("done");
  },
  TIMEOUT_MS,
);
