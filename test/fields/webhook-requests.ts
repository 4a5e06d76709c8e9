/** Proves that every field of a webhook endpoint is stored, whichever way creates, changes or rotates it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JsonObject, toJson } from "@bufbuild/protobuf";
import type { WebhookEndpoint } from "@millrace/engine";
import {
  type CreateWebhookEndpointRequest,
  CreateWebhookEndpointRequestSchema,
  type RotateWebhookSecretRequest,
  RotateWebhookSecretRequestSchema,
  type UpdateWebhookEndpointRequest,
  UpdateWebhookEndpointRequestSchema,
} from "@millrace/proto/webhook-service";
import {
  systemClock as clock,
  newWebhookEndpointId,
  newWebhookSecret,
  systemRandom as random,
} from "@millrace/shared";
import { expect, onTestFinished } from "vitest";
import { filled } from "./fill.ts";
import type { World } from "./world.ts";

interface Created {
  readonly id: string;
  readonly secret: string;
}

/** How one way makes the three requests that change an endpoint. */
interface WebhookWay {
  /** The path of the request in the way's message. */
  readonly prefix: string;
  readonly names: { readonly create: string; readonly update: string; readonly rotate: string };
  create(request: CreateWebhookEndpointRequest): Promise<Created>;
  update(request: UpdateWebhookEndpointRequest): Promise<unknown>;
  rotate(request: RotateWebhookSecretRequest): Promise<{ readonly secret: string }>;
}

const grpcNames = (service: string) => ({
  create: `${service}.CreateWebhookEndpoint request`,
  update: `${service}.UpdateWebhookEndpoint request`,
  rotate: `${service}.RotateWebhookSecret request`,
});

const createdOf = (answer: {
  readonly endpoint?: { readonly id: string } | undefined;
  readonly secret: string;
}): Created => ({ id: String(answer.endpoint?.id), secret: answer.secret });

function grpcWays({ webhooks, scheduler, keyId }: World): WebhookWay[] {
  return [
    {
      ...{ prefix: "", names: grpcNames("WebhookService") },
      create: async (request) => createdOf(await webhooks.createWebhookEndpoint(request)),
      update: (request) => webhooks.updateWebhookEndpoint(request),
      rotate: (request) => webhooks.rotateWebhookSecret(request),
    },
    {
      ...{ prefix: "request.", names: grpcNames("SchedulerService") },
      async create(request) {
        const endpointId = newWebhookEndpointId(clock.nowMs(), random);
        const { response } = await scheduler.createWebhookEndpoint({ keyId, endpointId, request });
        expect(response?.endpoint?.id).toBe(endpointId);
        return createdOf(response ?? { secret: "" });
      },
      update: (request) => scheduler.updateWebhookEndpoint({ keyId, request }),
      async rotate(request) {
        const { response } = await scheduler.rotateWebhookSecret({ keyId, request });
        return { secret: String(response?.secret) };
      },
    },
  ];
}

function httpWay(world: World): WebhookWay {
  const send = async (method: string, path: string, { endpointId: _, ...body }: JsonObject) => {
    const headers = { "content-type": "application/json" };
    const answer = await world.http(path, { method, headers, body: JSON.stringify(body) });
    const json = (await answer.json()) as JsonObject;
    if (!answer.ok) throw Object.assign(new Error(JSON.stringify(json)), json);
    return json;
  };
  const one = "/v1/webhook-endpoints";
  return {
    prefix: "",
    names: {
      create: `HTTP POST ${one} body`,
      update: `HTTP PATCH ${one}/{id} body`,
      rotate: `HTTP POST ${one}/{id}:rotate body`,
    },
    async create(request) {
      const json = toJson(CreateWebhookEndpointRequestSchema, request) as JsonObject;
      return createdOf((await send("POST", one, json)) as never);
    },
    update(request) {
      const json = toJson(UpdateWebhookEndpointRequestSchema, request) as JsonObject;
      return send("PATCH", `${one}/${request.endpointId}`, json);
    },
    async rotate(request) {
      const json = toJson(RotateWebhookSecretRequestSchema, request) as JsonObject;
      return (await send("POST", `${one}/${request.endpointId}:rotate`, json)) as never;
    },
  };
}

function clientWay({ millrace }: World): WebhookWay {
  return {
    prefix: "",
    names: {
      create: "client webhooks create",
      update: "client webhooks update",
      rotate: "client webhooks rotate",
    },
    async create({ url, eventTypes, queues, name, includeResult, secret }) {
      const fields = { url, eventTypes, queues, name, includeResult, secret };
      return createdOf(await millrace.webhooks.create(fields));
    },
    update: ({ endpointId, url, eventTypes, queues, name, includeResult, enabled, etag }) =>
      millrace.webhooks.update(endpointId, {
        queues: queues?.names ?? [],
        ...{ url: String(url), eventTypes: eventTypes?.types ?? [], name: String(name), etag },
        ...{ includeResult: Boolean(includeResult), enabled: Boolean(enabled) },
      }),
    rotate: ({ endpointId, secret, revokeFormer }) =>
      millrace.webhooks.rotate(endpointId, { secret, revokeFormer }),
  };
}

function commandWay(world: World): WebhookWay {
  const run = async (...args: string[]) => {
    const [line] = await Array.fromAsync(world.cliLines("webhooks", ...args));
    return line as Created & { readonly endpoint: { readonly id: string } };
  };
  const fileOf = async (secret: string) => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-fields-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "secret"), secret);
    return ["--secret-file", join(folder, "secret")];
  };
  return {
    prefix: "",
    names: {
      create: "millrace webhooks create",
      update: "millrace webhooks update",
      rotate: "millrace webhooks rotate",
    },
    async create({ url, eventTypes, queues, name, secret }) {
      const file = await fileOf(secret);
      const flags = ["--name", name, "--events", eventTypes.join(), "--include-result", ...file];
      return createdOf(await run("create", url, "--queues", queues.join(), ...flags));
    },
    update: ({ endpointId, url, eventTypes, queues, name, etag }) =>
      run(
        ...["update", endpointId, "--url", String(url), "--name", String(name), "--disable"],
        ...[
          "--queues",
          String(queues?.names.join()),
          "--events",
          String(eventTypes?.types.join()),
          "--include-result",
          "--etag",
          etag,
        ],
      ),
    rotate: async ({ endpointId, secret }) =>
      run("rotate", endpointId, "--revoke-former", ...(await fileOf(secret))),
  };
}

/** Creates, changes and rotates an endpoint by each way. Each endpoint is deleted again. */
export async function proveWebhookRequests(world: World): Promise<void> {
  const ways = [...grpcWays(world), httpWay(world), clientWay(world), commandWay(world)];
  for (const way of ways) {
    const id = await proveCreation(world, way);
    await proveChange(world, way, id);
    await proveRotation(world, way, id);
    await world.webhooks.deleteWebhookEndpoint({ endpointId: id });
    expect(await world.engine.webhookEndpoints.get(id)).toBeUndefined();
  }
  const inner = ["CreateWebhookEndpoint", "UpdateWebhookEndpoint", "RotateWebhookSecret"];
  for (const name of inner) world.ledger.prove(`SchedulerService.${name} request`, "key_id");
  world.ledger.prove("SchedulerService.CreateWebhookEndpoint request", "endpoint_id");
}

async function storedEndpoint({ engine }: World, id: string): Promise<WebhookEndpoint> {
  const stored = await engine.webhookEndpoints.get(id);
  if (stored === undefined) throw new Error(`there is no endpoint ${id}`);
  return stored;
}

const provePaths = (world: World, way: WebhookWay, name: string, paths: readonly string[]) =>
  world.ledger.prove(name, ...paths.map((path) => way.prefix + path));

async function proveCreation(world: World, way: WebhookWay): Promise<string> {
  const secret = newWebhookSecret(random);
  const request = filled(CreateWebhookEndpointRequestSchema, {
    set: {
      url: "https://example.com/created",
      event_types: ["job.failed", "group.*"],
      secret,
      queues: ["documents", "mail"],
    },
  });
  const created = await way.create(request);
  expect(created.secret).toBe(secret);
  const { url, name, eventTypes, queues, includeResult } = request;
  const stored = await storedEndpoint(world, created.id);
  expect(stored).toMatchObject({
    ...{ keyId: world.keyId, url, name, eventTypes, queues, includeResult },
  });
  const paths = ["url", "event_types", "queues", "name", "include_result", "secret"];
  provePaths(world, way, way.names.create, paths);
  return created.id;
}

async function proveChange(world: World, way: WebhookWay, id: string): Promise<void> {
  await world.engine.webhookEndpoints.change(id, (one) => ({ ...one, includeResult: false }));
  const { endpoint } = await world.webhooks.getWebhookEndpoint({ endpointId: id });
  const request = filled(UpdateWebhookEndpointRequestSchema, {
    set: {
      ...{ endpoint_id: id, url: "https://example.com/changed", enabled: false },
      ...{ "event_types.types": ["job.expired", "job.cancelled"], etag: String(endpoint?.etag) },
      "queues.names": ["mail", "pictures"],
    },
  });
  await expect(way.update({ ...request, etag: "other" })).rejects.toThrow();
  await way.update(request);
  const { url, name, eventTypes, queues, includeResult, enabled } = request;
  expect(await storedEndpoint(world, id)).toMatchObject({
    ...{ url, name, includeResult, enabled, eventTypes: eventTypes?.types, queues: queues?.names },
  });
  const paths = [
    ...[
      "endpoint_id",
      "url",
      "event_types.types",
      "queues.names",
      "name",
      "include_result",
      "enabled",
      "etag",
    ],
  ];
  provePaths(world, way, way.names.update, paths);
}

async function proveRotation(world: World, way: WebhookWay, id: string): Promise<void> {
  const secret = newWebhookSecret(random);
  const request = filled(RotateWebhookSecretRequestSchema, { set: { endpoint_id: id, secret } });
  expect((await way.rotate(request)).secret).toBe(secret);
  // The former secret is revoked.
  expect((await storedEndpoint(world, id)).secrets).toHaveLength(1);
  provePaths(world, way, way.names.rotate, ["endpoint_id", "secret", "revoke_former"]);
}
