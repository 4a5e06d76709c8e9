import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { AdminService, type QueueSchema } from "@millrace/proto/admin-service";
import { adminCall } from "./admin-call.ts";
import { freePort } from "./free-port.ts";
import { type LocalRedis, startRedis } from "./redis.ts";
import { type LocalService, mainOf, type ServiceName, startProgram } from "./service.ts";

type Settings = Readonly<Record<string, string>>;
type Queue = MessageInitShape<typeof QueueSchema>;

/** The connections between services that a test can route through a proxy. */
export type Link = "gateway-scheduler" | "worker-scheduler" | "scheduler-redis";

export interface SystemOptions {
  /** The system's Redis, which the caller ends. Default: the system starts its own, without a file on disk. */
  readonly redis?: LocalRedis;
  /** How many services of each kind. Default 1. */
  readonly schedulers?: number;
  readonly gateways?: number;
  readonly workers?: number;
  /** Queues to define if Redis does not have them yet. Default: `documents`. */
  readonly queues?: readonly Queue[];
  /** An existing API key for callers. Default: a new key is created. */
  readonly apiKey?: string;
  /** Settings for every service, and for the services of one kind. They override the system's own settings. */
  readonly settings?: Readonly<Partial<Record<ServiceName | "all", Settings>>>;
  /**
   * Where uploads are kept. The directory is never removed. Default: a temporary directory that is removed with
   * the system.
   */
  readonly documents?: string;
  /**
   * Returns the address under which one service reaches another, such as a proxy's, given its `host:port`. Called
   * once for each pair.
   */
  readonly route?: (link: Link, address: string) => Promise<string>;
  /** The main files of services of another version. Default: those of this repository. */
  readonly programs?: Readonly<Partial<Record<ServiceName, string>>>;
  /** Called with every line that a service writes. */
  readonly log?: (line: string, service: ServiceName) => void;
}

/**
 * A complete Millrace in its own processes, all of which end with this process. Disposing it kills and removes
 * everything.
 */
export interface LocalSystem extends AsyncDisposable {
  readonly redis: LocalRedis;
  readonly schedulers: readonly LocalService[];
  readonly gateways: readonly LocalService[];
  readonly workers: readonly LocalService[];
  /** The API key for callers, `mr_…`. */
  readonly apiKey: string;
  /** gRPC targets of all schedulers, for gateways and for workers. They do not use a `route`. */
  readonly schedulerTarget: string;
  readonly workerTarget: string;
  /** The gRPC target of the current gateways, for callers. */
  gatewayTarget(): string;
  /** The address of the first gateway for callers by HTTP, `http://host:port`. */
  readonly httpUrl: string;
  /** The directory of the documents. */
  readonly documents: string;
  addGateway(settings?: Settings): Promise<LocalService>;
  addWorker(settings?: Settings): Promise<LocalService>;
  /** Creates another API key. */
  createApiKey(name: string): Promise<string>;
  putQueue(queue: Queue): Promise<void>;
  /** Ends all services in order, as an operator would: workers drain first, and Redis ends last. */
  stop(): Promise<void>;
}

/** Starts Redis and the services, defines the queues and creates an API key. Resolves when all are ready. */
export async function startSystem(options: SystemOptions = {}): Promise<LocalSystem> {
  const parts = new AsyncDisposableStack();
  try {
    return await buildSystem(options, parts);
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

async function buildSystem(
  options: SystemOptions,
  parts: AsyncDisposableStack,
): Promise<LocalSystem> {
  const redis = options.redis ?? parts.use(await startRedis());
  const documents = options.documents ?? (await mkdtemp(join(tmpdir(), "millrace-documents-")));
  if (options.documents === undefined) {
    parts.defer(() => rm(documents, { recursive: true, force: true }));
  }
  const start = startersOf(options, parts, documents);
  const several = <T>(count: number | undefined, make: () => Promise<T>): Promise<T[]> =>
    allOrNone(Array.from({ length: count ?? 1 }, make));

  const schedulers = await several(options.schedulers, () => start.scheduler(redis));
  const operator = operatorOf(options, schedulers);
  await operator.define(options.queues ?? [{ name: "documents" }]);
  const apiKey = options.apiKey ?? (await operator.createApiKey("local"));
  const [gateways, workers] = await allOrNone([
    several(options.gateways, () => start.gateway(schedulers)),
    several(options.workers, () => start.worker(schedulers)),
  ]);

  return {
    ...{ redis, schedulers, gateways, workers, apiKey, documents },
    schedulerTarget: target(schedulers.map(({ addresses }) => addresses.address)),
    workerTarget: target(schedulers.map(({ addresses }) => addresses.workers)),
    gatewayTarget: () => target(gateways.map(({ addresses }) => addresses.address)),
    httpUrl: `http://${gateways[0]?.addresses.http}`,
    async addGateway(settings) {
      const gateway = await start.gateway(schedulers, settings);
      gateways.push(gateway);
      return gateway;
    },
    async addWorker(settings) {
      const worker = await start.worker(schedulers, settings);
      workers.push(worker);
      return worker;
    },
    createApiKey: operator.createApiKey,
    putQueue: operator.putQueue,
    async stop() {
      for (const kind of [workers, gateways, schedulers]) {
        await Promise.all(kind.map((service) => service.stop()));
      }
      if (options.redis === undefined) await redis.stop();
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Returns functions that start one service of each kind, with the settings that connect it to the others. */
function startersOf(options: SystemOptions, parts: AsyncDisposableStack, documents: string) {
  const start = async (name: ServiceName, own: Settings, added: Settings = {}) => {
    const { all, [name]: forKind } = options.settings ?? {};
    const program = options.programs?.[name] ?? mainOf(name);
    const service = await startProgram(name, program, {
      settings: { MILLRACE_METRICS_PORT: "0", ...own, ...all, ...forKind, ...added },
      log: (line) => options.log?.(line, name),
    });
    return parts.use(service);
  };
  const { route = async (_, address) => address } = options;
  const routed = async (link: Link, ...addresses: (string | undefined)[]) =>
    target(await Promise.all(addresses.map((address) => route(link, String(address)))));
  return {
    scheduler: async (redis: LocalRedis) =>
      start("scheduler", {
        MILLRACE_REDIS_URL: `redis://${await routed("scheduler-redis", new URL(redis.url).host)}`,
        MILLRACE_SCHEDULER_PORT: String(await freePort()),
        MILLRACE_WORKER_PORT: String(await freePort()),
        MILLRACE_ADMIN_PORT: String(await freePort()),
        MILLRACE_DOCUMENTS_DIR: documents,
        MILLRACE_ADMIN_HTTP_PORT: String(await freePort()),
      }),
    async gateway(schedulers: readonly LocalService[], settings?: Settings) {
      const addresses = schedulers.map((one) => one.addresses.address);
      const own = {
        MILLRACE_GATEWAY_PORT: String(await freePort()),
        MILLRACE_HTTP_PORT: String(await freePort()),
        MILLRACE_SCHEDULER_ADDRESS: await routed("gateway-scheduler", ...addresses),
        MILLRACE_DOCUMENTS_DIR: documents,
      };
      return start("gateway", own, settings);
    },
    async worker(schedulers: readonly LocalService[], settings?: Settings) {
      const addresses = schedulers.map((one) => one.addresses.workers);
      const own = {
        MILLRACE_SCHEDULER_ADDRESS: await routed("worker-scheduler", ...addresses),
        MILLRACE_DOCUMENTS_DIR: documents,
      };
      return start("worker", own, settings);
    },
  };
}

/** Returns the operator's calls that the system needs. Any running scheduler answers them. */
function operatorOf({ settings }: SystemOptions, schedulers: readonly LocalService[]) {
  const address = target(schedulers.map(({ addresses }) => addresses.admin));
  const [token] =
    { ...settings?.all, ...settings?.scheduler }.MILLRACE_ADMIN_TOKEN?.split(",") ?? [];
  const { method } = AdminService;
  const putQueue = async (queue: Queue) => {
    await adminCall(address, token, method.putQueue, { queue });
  };
  return {
    putQueue,
    createApiKey: async (name: string) =>
      (await adminCall(address, token, method.createApiKey, { name })).key,
    /** Defines the queues that do not exist yet. */
    async define(queues: readonly Queue[]) {
      const { queues: known } = await adminCall(address, token, method.listQueues, {});
      for (const queue of queues) {
        if (!known.some((one) => one.queue?.name === queue.name)) await putQueue(queue);
      }
    },
  };
}

/** Waits until all have started or failed, so that nothing still starts after an error is thrown. */
async function allOrNone<const T extends readonly Promise<unknown>[]>(starts: T) {
  await Promise.allSettled(starts);
  return await Promise.all(starts);
}

/** Joins several addresses to one gRPC target. */
const target = (addresses: readonly (string | undefined)[]): string =>
  addresses.length === 1 ? String(addresses[0]) : `ipv4:${addresses.join(",")}`;
