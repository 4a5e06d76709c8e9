import type { QueueName } from "@millrace/shared";
import {
  type BackendFactory,
  createIORedisClient,
  type IRedisClient,
  isIRedisClient,
  isRedisInstance,
  type QueueBaseOptions,
  QueueKeys,
  RedisConnection,
  type RedisConnectionClient,
} from "bullmq";
import { DEFAULT_ROOT_PREFIX, shardAt } from "../redis/keys.ts";
import { FairBackend } from "./fair-backend.ts";
import { FairConnection } from "./fair-backend-connection.ts";

const DEFAULT_PREFIX = "bull";

/** BullMQ's `prefix` option for one shard of a queue of Millrace's; its queue name is `queue`. */
export const bullPrefix = (queue: QueueName, shard = 0, rootPrefix = DEFAULT_ROOT_PREFIX): string =>
  shardAt(rootPrefix, queue, shard).prefix;

/** For `withBackend`, or the last argument of BullMQ's constructors. Connections are made and shared as by BullMQ's own factory. */
export function fairBackend(): BackendFactory<FairBackend> {
  return (name, opts, { blocking = false, withBlockingConnection = false } = {}) => {
    const { prefix = DEFAULT_PREFIX } = opts as { prefix?: string };
    const callersClient = clientIn(opts);
    // One that blocks must not block its caller's client.
    const own =
      blocking && callersClient !== undefined ? duplicate(callersClient) : opts.connection;
    const connection = new FairConnection(own, {
      shared: !blocking && callersClient !== undefined,
      blocking,
      ...skips(opts),
    });
    const keys = new QueueKeys(prefix);
    return new FairBackend(
      connection,
      name,
      keys.getKeys(name),
      (type) => keys.toKey(name, type),
      opts,
      withBlockingConnection ? blockingConnection(name, prefix, opts) : undefined,
    );
  };
}

/** The connection on which a worker waits for a job, so that nothing else has to wait behind it. */
function blockingConnection(name: string, prefix: string, opts: QueueBaseOptions): RedisConnection {
  const worker = (opts as { name?: string }).name;
  const suffix = worker === undefined ? "" : `:w:${worker}`;
  const connectionName = `${prefix}:${Buffer.from(name).toString("base64")}${suffix}`;
  const client = clientIn(opts);
  const own =
    client === undefined
      ? { ...opts.connection, connectionName }
      : duplicate(client, connectionName);
  return new RedisConnection(own, { shared: false, blocking: true, ...skips(opts) });
}

type Client = IRedisClient | RedisConnectionClient;

/** The caller's own client, where it gives one instead of settings for one. */
const clientIn = ({ connection }: QueueBaseOptions): Client | undefined =>
  isRedisInstance(connection) ? (connection as Client) : undefined;

function duplicate(client: Client, connectionName?: string): Client {
  if (isIRedisClient(client)) return client.duplicate(connectionName && { connectionName });
  // Of ioredis; other drivers name their connections by an option of their own.
  if (typeof client.defineCommand === "function") {
    return duplicate(createIORedisClient(client as unknown as IORedisLike), connectionName);
  }
  return client.duplicate(connectionName && { name: connectionName });
}

type IORedisLike = Parameters<typeof createIORedisClient>[0];

const skips = ({ skipVersionCheck, skipWaitingForReady }: QueueBaseOptions) => ({
  ...(skipVersionCheck === undefined ? {} : { skipVersionCheck }),
  ...(skipWaitingForReady === undefined ? {} : { skipWaitingForReady }),
});
