/** The system that a storm breaks: two or more of each service, Redis, and a proxy between any two of them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { connectMillrace } from "@millrace/client";
import { startProgram, startRedis, startSystem } from "@millrace/local";
import { type Clock, WEBHOOK_QUEUE } from "@millrace/shared";
import {
  type FaultProxy,
  seededRandom,
  startFaultProxy,
  startProviderSimulator,
} from "@millrace/testing";
import { well } from "./inject.ts";
import { DOCUMENTS_QUEUE, STORM_QUEUE, stormAccount, stormModel, WORK_TYPES } from "./jobs.ts";
import { Mortal } from "./mortal.ts";
import { Operator } from "./operator.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import { KEY_CACHE_MS } from "./revoked-keys.ts";
import type { Tally } from "./tally.ts";

export interface StormSystemOptions {
  readonly seed: number;
  /** The appendfsync setting of Redis. */
  readonly profile: "always" | "everysec";
  readonly clock: Clock;
  readonly tally: Tally;
  /** Called with every line that a service logs. */
  readonly log: (line: string, service: string) => void;
}

const jumpingClock = {
  NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, "jumping-clock.ts")).href}`,
};

/** Starts the system, which ends with `parts`. */
export async function startStormSystem(options: StormSystemOptions, parts: AsyncDisposableStack) {
  const { seed, clock, tally, log } = options;
  const random = seededRandom(seed);
  const directory = await mkdtemp(join(tmpdir(), "millrace-storm-"));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const redis = parts.use(
    await startRedis({ directory, appendonly: true, appendfsync: options.profile }),
  );
  const provider = parts.use(await startProviderSimulator(() => well));
  const receiver = parts.use(await startReceiver(seed, clock));
  const links: FaultProxy[] = [];
  const through = async (address: string) => {
    const proxy = parts.use(await startFaultProxy(address, { clock, random }));
    links.push(proxy);
    return proxy.address;
  };
  const system = parts.use(
    await startSystem({
      ...{ redis, schedulers: 2, gateways: 2, workers: 2, log },
      route: (_, address) => through(address),
      queues: [STORM_QUEUE, DOCUMENTS_QUEUE].map((name) => ({
        ...{ name, maxStalls: 100 },
        retainSucceeded: durationFromMs(86_400_000),
        retainFailed: durationFromMs(86_400_000),
        retainCount: 1_000_000,
      })),
      settings: {
        all: {
          MILLRACE_WEBHOOK_KEY: Buffer.alloc(32, seed).toString("base64"),
          MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: "http://127.0.0.1",
        },
        scheduler: {
          ...jumpingClock,
          ...{ MILLRACE_LEASE_MS: "5000", MILLRACE_STOP_GRACE_MS: "1000" },
          ...{ MILLRACE_REAP_EVERY_MS: "200", MILLRACE_PROMOTE_EVERY_MS: "50" },
        },
        // A little longer than a scheduler waits for Redis.
        gateway: {
          ...{ ...jumpingClock, MILLRACE_SCHEDULER_DEADLINE_MS: "6000" },
          MILLRACE_KEY_CACHE_MS: String(KEY_CACHE_MS),
        },
        worker: {
          ...{ ...jumpingClock, MILLRACE_DRAIN_MS: "2000", MILLRACE_THREADS: "1" },
          ...{ MILLRACE_QUEUES: `${DOCUMENTS_QUEUE},${WEBHOOK_QUEUE}` },
          MILLRACE_WEBHOOK_TIMEOUT_MS: "5000",
        },
      },
    }),
  );
  const startWorker = async (types: readonly string[]) => {
    const targets = system.schedulers.map(({ addresses }) => through(addresses.workers ?? ""));
    const worker = await startProgram("worker", join(import.meta.dirname, "storm-worker.ts"), {
      settings: {
        ...{ ...jumpingClock, TYPES: types.join(",") },
        SCHEDULER: `ipv4:${(await Promise.all(targets)).join(",")}`,
        PROVIDER: provider.url,
      },
      log: (line) => log(line, "storm-worker"),
    });
    return parts.use(worker);
  };
  const workers = await Promise.all([
    startWorker(WORK_TYPES.slice(0, 2)),
    startWorker([...WORK_TYPES.slice(0, 1), ...WORK_TYPES.slice(2)]),
  ]);
  const gateways: string[] = [];
  for (const { addresses } of system.gateways) {
    gateways.push(await through(addresses.address ?? ""));
  }

  const services = [...system.schedulers, ...system.gateways, ...system.workers, ...workers].map(
    (service, i) => {
      const name = `${service.name} ${i}`;
      return new Mortal(name, service, clock, {
        died: ({ code, signal }) => {
          tally.wrong.push(`${name} ended by itself: ${signal ?? `exit code ${code}`}`);
        },
        drainedBadly: ({ code, signal }) => {
          tally.notes.push(`${name} was told to stop and ended with ${signal ?? code}`);
        },
        startFailed: () => {
          tally.startsFailed += 1;
        },
      });
    },
  );
  const admins = system.schedulers.map(({ addresses }) => addresses.admin ?? "");
  const operator = parts.use(new Operator(admins, clock));
  await operator.ask((admin) => admin.putProviderAccount({ account: stormAccount }));
  await operator.ask((admin) => admin.putModel({ model: stormModel }));
  const budget = { maxRunning: 8, requestsPerMinute: 6_000, tokensPerMinute: 600_000n };
  const limited = await operator.ask((admin) => admin.createApiKey({ name: "limited", budget }));
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  const text = "Whales swam past the ship, and the captain wrote of them. The sea was calm.\n\n";
  const document = await millrace.uploadDocument(Buffer.from(text.repeat(40)));
  await millrace.close();
  for (const apiKey of [system.apiKey, limited.key]) {
    await subscribe(receiver, receiver.url, system.gatewayTarget(), apiKey);
  }
  const gone = await subscribe(receiver, receiver.goneUrl, system.gatewayTarget(), system.apiKey);
  return {
    ...{ system, gateways, receiver, goneEndpointId: gone, document: document.id },
    keys: { free: system.apiKey, limited: limited.key },
    victims: { services, links, redis, provider, redisDirectory: directory, operator },
  };
}

/** Makes an endpoint of the key, and returns its id. The receiver learns its secret, and that of the key's callbacks. */
async function subscribe(
  receiver: Receiver,
  url: string,
  address: string,
  apiKey: string,
): Promise<string> {
  const millrace = connectMillrace({ address, apiKey });
  const { endpoint, secret } = await millrace.webhooks.create({ url });
  receiver.secrets.push(secret, await millrace.webhooks.callbackSecret());
  await millrace.close();
  return endpoint.id;
}
