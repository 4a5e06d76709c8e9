import { once } from "node:events";
import type { ConnectionOptions } from "node:tls";
import type { Clock, Random } from "@millrace/shared";
import type { CommonRedisOptions, Redis } from "ioredis";
import { anyNodeOf } from "./any-node.ts";
import type {
  Credential,
  OnWarning,
  RedisAddress,
  RedisCluster,
  RedisSentinels,
  RedisServer,
  RedisSettings,
} from "./settings.ts";
import { type Store, StoreCluster, StoreConnection } from "./store-connection.ts";
import { StoreUnavailable } from "./store-fault.ts";

export const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
export const DEFAULT_COMMAND_TIMEOUT_MS = 5_000;
/** How many reconnects are tried before commands that wait for a connection fail: 1 to 2 s. */
const RETRIES_PER_COMMAND = 5;
const RETRY_STEP_MS = 100;
const MAX_RETRY_MS = 300;
/** The same for a Cluster, whose client tries every 100 ms, and counts a redirect to the right node as a try. */
const CLUSTER_TRIES_PER_COMMAND = 32;
/** How often the slots are read, to find a Cluster's new masters if nothing else reports them, as when old masters hang. */
const LOOK_AT_SLOTS_EVERY_MS = 2_000;
/** How long a sentinel, or a node that is asked for the slots, may take before the next one is asked. */
const ASK_NEXT_AFTER_MS = 1_000;

export interface Connections {
  /** Used for everything except subscriptions. */
  readonly commands: Store;
  readonly signals: Redis;
}

/**
 * Creates connections that reconnect by themselves for ever. A command without a connection waits for a bounded time,
 * and then fails. A command whose reply was lost is sent again (at-least-once), so every command must be idempotent.
 */
export function createConnections(
  settings: RedisSettings,
  random: Random,
  onWarning: OnWarning,
): Connections {
  if (!("cluster" in settings)) {
    return {
      commands: createConnection(settings, "millrace-engine", random, onWarning),
      signals: createConnection(settings, "millrace-signals", random, onWarning),
    };
  }
  const commands = createCluster(settings, "millrace-engine", random, onWarning);
  // Every node of a Cluster hears what is published at any of them.
  const Connector = anyNodeOf(commands, settings.cluster, random);
  const options = { ...optionsOf(settings, "millrace-signals", random), Connector };
  const signals = warning(renewing(new StoreConnection(options), settings), onWarning);
  commands.on("-node", ({ options: gone }: Redis) => {
    const { host, port } = signals.options;
    if (host === gone.host && port === gone.port) signals.disconnect(true);
  });
  return { commands, signals };
}

export function createConnection(
  settings: RedisSettings & (RedisServer | RedisSentinels),
  name: string,
  random: Random,
  onWarning: OnWarning,
): Redis {
  const options = optionsOf(settings, name, random);
  if ("url" in settings) {
    const redis = new StoreConnection(settings.url, options);
    return warning(renewing(redis, settings), onWarning);
  }
  const { sentinels, masterName, sentinelUsername } = settings;
  const sentinelPassword = currentOf(settings.sentinelPassword);
  const tls = tlsOf(settings);
  const redis = new StoreConnection({
    ...options,
    sentinels: sentinels.map((address) => ({ ...address })),
    name: masterName,
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    // Leaves a replaced master as soon as a sentinel reports it, though the old master may still answer.
    failoverDetector: true,
    sentinelRetryStrategy: retryDelay(random),
    sentinelReconnectStrategy: retryDelay(random),
    sentinelCommandTimeout: ASK_NEXT_AFTER_MS,
  });
  return warning(renewing(redis, settings), onWarning);
}

function createCluster(
  settings: RedisCluster & RedisSettings,
  name: string,
  random: Random,
  onWarning: OnWarning,
): StoreCluster {
  // A node's connection does not reconnect by itself. The Cluster reads its slots again instead.
  const { lazyConnect: _, retryStrategy: __, ...redisOptions } = optionsOf(settings, name, random);
  const seeds = settings.cluster.map((address) => ({ ...address }));
  const { commandTimeoutMs = DEFAULT_COMMAND_TIMEOUT_MS } = settings;
  const cluster = new StoreCluster(seeds, commandTimeoutMs, {
    redisOptions,
    clusterRetryStrategy: retryDelay(random),
    maxRedirections: CLUSTER_TRIES_PER_COMMAND,
    slotsRefreshInterval: LOOK_AT_SLOTS_EVERY_MS,
    slotsRefreshTimeout: ASK_NEXT_AFTER_MS,
    // TLS certificates contain host names, so names must not be resolved to addresses first.
    ...(settings.tls && { dnsLookup: (address, found) => found(null, address) }),
  });
  const down = new Set<string>();
  cluster.on("node error", (cause: Error, node: string) => {
    if (!down.has(node)) onWarning(`connection to Redis node ${node} failed`, cause);
    down.add(node);
  });
  cluster.on("+node", (node: Redis) => {
    renewing(node, settings);
    node.once("ready", () => down.delete(`${node.options.host}:${node.options.port}`));
  });
  return warning(cluster, onWarning);
}

const optionsOf = (settings: RedisSettings, name: string, random: Random) => {
  const { username } = settings;
  const password = currentOf(settings.password);
  const tls = tlsOf(settings);
  return {
    lazyConnect: true,
    connectionName: name,
    autoResubscribe: false,
    connectTimeout: settings.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    commandTimeout: settings.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: RETRIES_PER_COMMAND,
    retryStrategy: retryDelay(random),
    // READONLY: the host name or proxy may lead to another, writable server by now. NOAUTH, WRONGPASS: a new connection
    // logs in again.
    reconnectOnError: ({ message }: Error) => /^(READONLY|NOAUTH|WRONGPASS)/.test(message),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  } satisfies CommonRedisOptions;
};

const tlsOf = ({ tls }: RedisSettings): ConnectionOptions | undefined => {
  const current = currentOf(tls);
  return current && { ...current };
};

const currentOf = <Value>(credential: Credential<Value> | undefined): Value | undefined =>
  typeof credential === "function" ? (credential as () => Value)() : credential;

/**
 * Makes ioredis read credentials again for each new connection. It reads its options at each connection, so the options
 * become getters, and a reconnect uses the present credentials.
 */
function renewing<Client extends Redis>(redis: Client, settings: RedisSettings): Client {
  const { sentinelPassword, tls: sentinelTls } =
    "sentinels" in settings ? settings : ({} as Partial<RedisSentinels & RedisSettings>);
  const inUrl = "url" in settings && new URL(settings.url).password !== "";
  const read: readonly (readonly [string, unknown, () => unknown])[] = [
    ["password", inUrl ? undefined : settings.password, () => currentOf(settings.password)],
    ["tls", settings.tls, () => tlsOf(settings)],
    ["sentinelTLS", sentinelTls, () => tlsOf(settings)],
    ["sentinelPassword", sentinelPassword, () => currentOf(sentinelPassword)],
  ];
  for (const [name, credential, get] of read) {
    if (typeof credential !== "function") continue;
    Object.defineProperty(redis.options, name, { get, enumerable: true, configurable: true });
  }
  return redis;
}

/** The backoff has jitter, so that replicas which lost a server together do not reconnect at the same time. */
const retryDelay = (random: Random) => (attempt: number) =>
  Math.min(attempt * RETRY_STEP_MS, MAX_RETRY_MS) * (0.75 + 0.5 * random.next());

/** Warns of a broken connection once, until it is ready again. */
function warning<Client extends Store>(client: Client, onWarning: OnWarning): Client {
  let down = false;
  client.on("error", (cause: Error) => {
    if (!down) onWarning("connection to Redis failed; reconnecting", cause);
    down = true;
  });
  client.on("ready", () => {
    down = false;
  });
  return client;
}

/** Errors that only summarise. An earlier error of a sentinel or node says more. */
const SUMMARY =
  /^(All sentinels are unreachable|Failed to refresh slots|None of startup nodes|Connection is closed)/;

/** Waits until Redis can be used. Rejects with StoreUnavailable if that takes too long. */
export async function connect(redis: Store, settings: RedisSettings, clock: Clock): Promise<void> {
  const timeoutMs = settings.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  const abandoned = new AbortController();
  let lastError: Error | undefined;
  const remember = (error: Error) => {
    if (lastError === undefined || !SUMMARY.test(error.message)) lastError = error;
  };
  const sources = ["error", "sentinelError", "node error"];
  for (const source of sources) redis.on(source, remember);
  const timer = clock.after(timeoutMs, () => abandoned.abort());
  const ready = waitForReady(redis, abandoned.signal);
  // A failure of the first attempt is not final: the client tries again until the timer ends.
  redis.connect().catch(() => undefined);
  try {
    await ready;
  } catch {
    redis.disconnect();
    const why = lastError === undefined ? "" : `: ${lastError.message}`;
    throw new StoreUnavailable(`no ${placeOf(settings)} answered within ${timeoutMs} ms${why}`, {
      cause: lastError,
    });
  } finally {
    timer.cancel();
    for (const source of sources) redis.off(source, remember);
  }
}

// events.once alone would not do: it rejects on "error", and errors are expected while the client connects.
function waitForReady(redis: Store, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    redis.once("ready", () => resolve());
    void once(signal, "abort").then(() => reject(new Error("timed out")));
  });
}

function placeOf(settings: RedisSettings): string {
  const list = (addresses: readonly RedisAddress[]) =>
    addresses.map(({ host, port }) => `${host}:${port}`).join(", ");
  if ("cluster" in settings) return `Redis Cluster at ${list(settings.cluster)}`;
  if ("sentinels" in settings) {
    return `Redis named ${settings.masterName} by the sentinels at ${list(settings.sentinels)}`;
  }
  const { hostname, port } = new URL(settings.url);
  return `Redis at ${hostname}:${port || 6379}`;
}
