import { type LocalSystem, startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { grpcClient } from "@millrace/runtime";
import { systemClock as clock, systemRandom as random, WEBHOOK_QUEUE } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import OpenAI from "openai";
import OpenAI6 from "openai-6";
import { afterAll, onTestFinished } from "vitest";
import { modelExecutors } from "./model-executors.ts";
import { startProvider } from "./provider.ts";

/** The models of the catalogue, each with the account of its route. */
const models = { "gpt-test": "main", "org/small": "small" };

/** Puts models into the catalogue of a system. */
export async function putModels(
  system: LocalSystem,
  accounts: Readonly<Record<string, string>> = models,
): Promise<void> {
  const client = grpcClient(AdminService, String(system.schedulers[0]?.addresses.admin));
  try {
    for (const [name, account] of Object.entries(accounts)) {
      await client.rpc.putModel({ model: { name, routes: [{ account, model: name }] } });
    }
  } finally {
    client.close();
  }
}

/** Only tests let webhooks go to this machine. */
const destinations = { MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: "http://127.0.0.1" };
export const webhookSettings = {
  scheduler: {
    ...{ ...destinations, MILLRACE_WEBHOOK_KEY: Buffer.alloc(32, "k").toString("base64") },
  },
  worker: { ...destinations, MILLRACE_QUEUES: WEBHOOK_QUEUE },
};

/** The official clients, unchanged. */
export const clients = { "openai 7": OpenAI, "openai 6": OpenAI6 } as unknown as Readonly<
  Record<string, typeof OpenAI>
>;

type Settings = Readonly<Record<string, string>>;

/**
 * A system, a provider, and a worker between them. They end with the file's tests. `couriers`: also a worker that delivers
 * webhooks, to this machine.
 */
export async function startOpenAi(gateway: Settings = {}, { couriers = false } = {}) {
  const provider = await startProvider();
  const system = await startSystem({
    workers: couriers ? 1 : 0,
    settings: { gateway, ...(couriers ? webhookSettings : {}) },
  });
  await putModels(system);
  const worker = startWorker({
    ...{ address: system.workerTarget, workerId: "models", queues: ["documents"], slots: 50 },
    ...{ pools: Object.values(models), executors: modelExecutors(provider.url), clock, random },
  });
  afterAll(async () => {
    await worker.drain(0);
    await system[Symbol.asyncDispose]();
    provider.close();
  });
  return { system, provider, ...callersOf(system) };
}

/** Clients and plain calls of one API key. */
export function callersOf(system: LocalSystem, apiKey = system.apiKey) {
  const { httpUrl } = system;
  return {
    clientOf: (Client: typeof OpenAI, options: object = {}) =>
      new Client({ baseURL: `${httpUrl}/v1`, apiKey, maxRetries: 0, ...options }),
    call: (
      path: string,
      body?: object,
      { url = httpUrl, ...init }: RequestInit & { readonly url?: string } = {},
    ) =>
      fetch(url + path, {
        method: body === undefined ? "GET" : "POST",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...init,
        headers: {
          authorization: `Bearer ${apiKey}`,
          "content-type": "application/json",
          ...(init.headers as Record<string, string>),
        },
      }),
  };
}

export const said = (content: string) => [{ role: "user" as const, content }];

/** Aborts when the test ends. */
export function untilTestEnds(): AbortController {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  return controller;
}
