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

/** BullMQ's `prefix` option for one shard of a Millrace queue. BullMQ's queue name is `queue`. */
export const bullPrefix = (queue: QueueName, shard = 0, rootPrefix = DEFAULT_ROOT_PREFIX): string =>
  shardAt(rootPrefix, queue, shard).prefix;

/**
 * The backend for `withBackend`, or for the last argument of BullMQ's constructors. It makes and shares connections as
 * BullMQ's own factory does.
 */
export function fairBackend(): BackendFactory<FairBackend> {
  return (name, opts, { blocking = false, withBlockingConnection = false } = {}) => {
    const { prefix = DEFAULT_PREFIX } = opts as { prefix?: string };
    const callersClient = clientIn(opts);
    // A connection that blocks must not block its caller's client, so it gets its own.
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

/** The connection on which a worker waits for a job, so that no other command waits behind it. */
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

/** The caller's own client, if the caller passes one instead of settings. */
const clientIn = ({ connection }: QueueBaseOptions): Client | undefined =>
  isRedisInstance(connection) ? (connection as Client) : undefined;

function duplicate(client: Client, connectionName?: string): Client {
  if (isIRedisClient(client)) return client.duplicate(connectionName && { connectionName });
  // This is an ioredis client. Other drivers use another option for the name of a connection.
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
