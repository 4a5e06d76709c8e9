import { freePort, type LocalRedis, startRedis } from "@millrace/local";
import { systemClock } from "@millrace/shared";
import { redisCommand } from "./redis-command.ts";
import { disposeAll, infoSays, until, untilInSync } from "./redis-replicas.ts";

const SLOTS = 16_384;
const MASTERS = 3;
/** The timeout is so long that no replica takes over by itself on a slow machine. Tests start a failover themselves. */
const NODE_TIMEOUT_MS = 60_000;
/** The timeout while the nodes meet. A lost handshake is given up after this time and started again. */
const MEET_TIMEOUT_MS = 3_000;

export interface RedisClusterOptions {
  /** Whether each master has a replica. Default false. */
  readonly replicas?: boolean;
  /** Further arguments for every server. */
  readonly args?: readonly string[];
  /** With certificates, every server also speaks TLS, and `addresses` are its TLS ports. */
  readonly tlsArgs?: readonly string[];
}

/** A real Redis Cluster of three masters. */
export interface LocalRedisCluster extends AsyncDisposable {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly masters: readonly LocalRedis[];
  /** In the order of their masters. */
  readonly replicas: readonly LocalRedis[];
  /** The value for MILLRACE_REDIS_CLUSTER. */
  readonly setting: string;
  /** The node ids of the masters, in their order. */
  readonly ids: readonly string[];
  /** Returns the index of the master that had a key's slot at the start. */
  indexOf(key: string): Promise<number>;
  /** Makes a replica of a dead master take over with the data that it has. Resolves once it is master. */
  takeOver(replica: LocalRedis | undefined): Promise<void>;
  /** Makes a replica take over from its living master, which hands over all its data. Resolves once it is master. */
  handOver(index: number): Promise<void>;
}

/** Starts the Cluster. Resolves when all nodes agree that it is complete. */
export async function startRedisCluster(
  options: RedisClusterOptions = {},
): Promise<LocalRedisCluster> {
  const { replicas: replicated = false, args = [], tlsArgs } = options;
  const nodes = await Promise.all(
    Array.from({ length: replicated ? 2 * MASTERS : MASTERS }, async () => {
      const busPort = String(await freePort());
      const cluster = ["--cluster-enabled", "yes", "--cluster-port", busPort];
      const timing = ["--cluster-node-timeout", String(MEET_TIMEOUT_MS)];
      const sync = ["--repl-diskless-sync-delay", "0"];
      const tlsPort = tlsArgs && (await freePort());
      const tls = tlsPort ? ["--tls-port", String(tlsPort), ...(tlsArgs ?? [])] : [];
      const all = [...cluster, ...timing, ...sync, ...tls, ...args];
      const server = await startRedis({ args: tlsArgs ? [...all, "--tls-cluster", "yes"] : all });
      return { server, busPort, port: tlsPort ?? server.port };
    }),
  );
  const servers = nodes.map(({ server }) => server);
  const ids = await Promise.all(servers.map(({ port }) => redisCommand(port, "CLUSTER", "MYID")));
  const [masters, replicas] = [servers.slice(0, MASTERS), servers.slice(MASTERS)];
  const share = Math.ceil(SLOTS / MASTERS);
  for (const [index, { port }] of servers.entries()) {
    await redisCommand(port, "CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    if (index >= MASTERS) continue;
    const last = Math.min(SLOTS, (index + 1) * share) - 1;
    await redisCommand(port, "CLUSTER", "ADDSLOTSRANGE", String(index * share), String(last));
  }
  const [first] = masters as [LocalRedis, ...LocalRedis[]];
  const meet = async () => {
    for (const { port, busPort } of nodes.slice(1)) {
      await redisCommand(first.port, "CLUSTER", "MEET", "127.0.0.1", String(port), busPort);
    }
  };
  const isWhole = async ({ port }: LocalRedis) => {
    const info = (await redisCommand(port, "CLUSTER", "INFO")).split("\r\n");
    const known = (await redisCommand(port, "CLUSTER", "NODES")).trim().split("\n");
    return (
      info.includes("cluster_state:ok") &&
      known.length === servers.length &&
      // Messages are not published over a link that is not connected yet.
      known.every((node) => / connected( |$)/.test(node) && !node.includes("handshake"))
    );
  };
  let metMs = Number.NEGATIVE_INFINITY;
  await until(async () => {
    if ((await Promise.all(servers.map(isWhole))).every(Boolean)) return true;
    if (systemClock.nowMs() - metMs > MEET_TIMEOUT_MS) {
      await meet();
      metMs = systemClock.nowMs();
    }
    return false;
  });
  for (const { port } of servers) {
    await redisCommand(port, "CONFIG", "SET", "cluster-node-timeout", String(NODE_TIMEOUT_MS));
  }
  for (const [index, { port }] of replicas.entries()) {
    await redisCommand(port, "CLUSTER", "REPLICATE", ids[index] ?? "");
  }
  await Promise.all(replicas.map(untilInSync));
  const knowsReplicas = async ({ port }: LocalRedis) => {
    const table = await redisCommand(port, "CLUSTER", "NODES");
    return table.split("slave ").length - 1 === replicas.length;
  };
  for (const server of servers) await until(() => knowsReplicas(server));

  const addresses = nodes.slice(0, MASTERS).map(({ port }) => ({ host: "127.0.0.1", port }));
  return {
    addresses,
    setting: addresses.map(({ host, port }) => `${host}:${port}`).join(","),
    ...{ masters, replicas, ids },
    async indexOf(key) {
      return Math.floor(Number(await redisCommand(first.port, "CLUSTER", "KEYSLOT", key)) / share);
    },
    async takeOver(replica) {
      if (replica === undefined) throw new Error("takeOver was called without a replica");
      await redisCommand(replica.port, "CLUSTER", "FAILOVER", "TAKEOVER");
      await until(() => infoSays(replica, "role:master"));
    },
    async handOver(index) {
      const replica = replicas[index] as LocalRedis;
      await redisCommand(replica.port, "CLUSTER", "FAILOVER");
      await until(() => infoSays(replica, "role:master"));
    },
    [Symbol.asyncDispose]: () => disposeAll(servers),
  };
}
