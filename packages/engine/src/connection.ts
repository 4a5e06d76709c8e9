import { once } from "node:events";
import type { Clock, Random } from "@millrace/shared";
import { type Command, Redis } from "ioredis";
import type { EngineOptions, RedisSettings } from "./engine.ts";
import { asStoreFault, StoreUnavailable } from "./store-fault.ts";

export const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
export const DEFAULT_COMMAND_TIMEOUT_MS = 5_000;
/** How often a broken connection is tried anew before commands that wait for it fail: 1 to 2 s. */
const RETRIES_PER_COMMAND = 5;
const RETRY_STEP_MS = 100;
const MAX_RETRY_MS = 300;
/** LMOVE, LPOP with a count, SET with GET: what the scripts need. */
const OLDEST_REDIS = [6, 2] as const;

/** Sends nothing that its caller has been told has failed: ioredis alone sends it once Redis is back, hours later too. */
class StoreConnection extends Redis {
  override sendCommand(command: Command, stream?: Parameters<Redis["sendCommand"]>[1]): unknown {
    // A pipeline counts what is written, so all of one goes.
    if (command.isSettled && stream === undefined) return command.promise;
    return super.sendCommand(command, stream);
  }
}

/**
 * A connection that reconnects by itself for ever. A command without a connection waits for one for
 * a bounded time and then fails; one whose reply was lost is sent again, so all that is sent must be
 * safe to repeat.
 */
export function createConnection(
  settings: RedisSettings,
  name: string,
  random: Random,
  onWarning: NonNullable<EngineOptions["onWarning"]>,
): Redis {
  const redis = new StoreConnection(settings.url, {
    lazyConnect: true,
    connectionName: name,
    autoResubscribe: false,
    connectTimeout: settings.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    commandTimeout: settings.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: RETRIES_PER_COMMAND,
    // Spread, so that replicas which lost a server together do not come back to it as one.
    retryStrategy: (attempt) =>
      Math.min(attempt * RETRY_STEP_MS, MAX_RETRY_MS) * (0.75 + 0.5 * random.next()),
  });
  let down = false;
  redis.on("error", (cause) => {
    if (!down) onWarning("connection to Redis failed; reconnecting", cause);
    down = true;
  });
  redis.on("ready", () => {
    down = false;
  });
  return redis;
}

/** Waits until Redis can be used. Rejects with StoreUnavailable if that takes too long. */
export async function connect(redis: Redis, settings: RedisSettings, clock: Clock): Promise<void> {
  const timeoutMs = settings.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  const abandoned = new AbortController();
  let lastError: unknown;
  const remember = (error: unknown) => {
    lastError = error;
  };
  redis.on("error", remember);
  const timer = clock.after(timeoutMs, () => abandoned.abort());
  const ready = waitForReady(redis, abandoned.signal);
  // The first attempt's failure is not the end: it goes on trying until the timer.
  redis.connect().catch(remember);
  try {
    await ready;
  } catch {
    redis.disconnect();
    const { hostname, port } = new URL(settings.url);
    const why = lastError instanceof Error ? `: ${lastError.message}` : "";
    throw new StoreUnavailable(
      `no Redis at ${hostname}:${port || 6379} within ${timeoutMs} ms${why}`,
      { cause: lastError },
    );
  } finally {
    timer.cancel();
    redis.off("error", remember);
  }
}

// Not events.once alone: it rejects on "error", and errors are expected while it connects.
function waitForReady(redis: Redis, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    redis.once("ready", () => resolve());
    void once(signal, "abort").then(() => reject(new Error("timed out")));
  });
}

/** Refuses a server that is too old, and warns of one that may forget jobs. */
export async function checkServer(
  redis: Redis,
  onWarning: NonNullable<EngineOptions["onWarning"]>,
): Promise<void> {
  const info = await redis.info().catch((error: unknown) => {
    throw asStoreFault(error, "reading the server's version");
  });
  const value = (field: string) => new RegExp(`^${field}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = value("redis_version") ?? "unknown";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor < OLDEST_REDIS[1])) {
    throw new Error(`Redis ${OLDEST_REDIS.join(".")} or newer is needed; this one is ${version}`);
  }
  const policy = value("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    onWarning(`Redis evicts by ${policy} and may forget jobs: set maxmemory-policy noeviction`);
  }
}
