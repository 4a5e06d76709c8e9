import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  endGuarded,
  freePort,
  type LocalRedis,
  redisProgram,
  startGuarded,
  startRedis,
} from "@millrace/local";
import { redisCommand } from "./redis-command.ts";
import { disposeAll, infoSays, until, untilInSync } from "./redis-replicas.ts";

const NAME = "mymaster";
const REPLICAS = 2;
const SENTINELS = 3;
const QUORUM = 2;

export interface RedisSentinelsOptions {
  /** Further arguments for every server. */
  readonly args?: readonly string[];
  /** The password of the servers. Default: none. */
  readonly password?: string;
  /** The password of the sentinels. Default: none. */
  readonly sentinelPassword?: string;
}

/** A master, two replicas, and three sentinels that monitor them. */
export interface LocalRedisSentinels extends AsyncDisposable {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly masterName: string;
  /** The value for MILLRACE_REDIS_SENTINELS. */
  readonly setting: string;
  /** The first server is the master at the start. */
  readonly servers: readonly LocalRedis[];
  /**
   * Makes the sentinels replace the master without loss, as an operator would: writes are paused until the
   * replicas have all its data.
   */
  replace(): Promise<void>;
  /** Kills the master and makes a replica take its place, with the data that the replica has received. */
  killMaster(): Promise<void>;
}

/** Starts the servers. Resolves when the replicas are in sync, and the sentinels know them and one another. */
export async function startRedisSentinels(
  options: RedisSentinelsOptions = {},
): Promise<LocalRedisSentinels> {
  const { args = [], password, sentinelPassword } = options;
  const auth = password === undefined ? [] : ["--requirepass", password, "--masterauth", password];
  const common = ["--repl-diskless-sync-delay", "0", ...auth, ...args];
  const master = await startRedis({ args: common });
  const replicaOf = ["--replicaof", "127.0.0.1", String(master.port)];
  const replicas = await Promise.all(
    Array.from({ length: REPLICAS }, () => startRedis({ args: [...common, ...replicaOf] })),
  );
  await Promise.all(replicas.map(({ port }) => untilInSync({ port, password })));
  const watch = [
    `sentinel monitor ${NAME} 127.0.0.1 ${master.port} ${QUORUM}`,
    // The time is so long that no sentinel considers a server down on a slow machine. Tests start a failover
    // themselves.
    `sentinel down-after-milliseconds ${NAME} 60000`,
    `sentinel failover-timeout ${NAME} 10000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${NAME} ${password}`]),
    ...(sentinelPassword === undefined
      ? []
      : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
  ];
  const sentinels = await Promise.all(
    Array.from({ length: SENTINELS }, () => startSentinel(watch)),
  );
  await Promise.all(
    sentinels.map(({ port }) =>
      until(async () => {
        const info = await redisCommand({ port, password: sentinelPassword }, "INFO", "sentinel");
        return (
          info.includes(`status=ok`) && info.includes(`slaves=${REPLICAS},sentinels=${SENTINELS}`)
        );
      }),
    ),
  );
  const servers = [master, ...replicas];
  const findMaster = async (except?: LocalRedis): Promise<LocalRedis> => {
    for (;;) {
      for (const server of servers.filter((one) => one !== except)) {
        const says = infoSays({ port: server.port, password }, "role:master");
        if (await says.catch(() => false)) return server;
      }
    }
  };
  /** Makes a sentinel replace the master by a replica. */
  const failOver = async (from: LocalRedis) => {
    const asked = { port: sentinels[0]?.port ?? 0, password: sentinelPassword };
    // The sentinel may not know yet of a replica that is good enough.
    const ask = () => redisCommand(asked, "SENTINEL", "FAILOVER", NAME);
    await until(async () => (await ask()) === "OK");
    await findMaster(from);
  };
  return {
    addresses: sentinels.map(({ port }) => ({ host: "127.0.0.1", port })),
    setting: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(","),
    masterName: NAME,
    servers,
    async killMaster() {
      const master = await findMaster();
      await master.kill();
      await failOver(master);
    },
    async replace() {
      const before = await findMaster();
      const held = { port: before.port, password };
      await redisCommand(held, "CLIENT", "PAUSE", "30000", "WRITE");
      await until(async () => {
        const info = await redisCommand(held, "INFO", "replication");
        const all = /^master_repl_offset:(\d+)/m.exec(info)?.[1];
        return info.split(`,offset=${all},`).length - 1 === REPLICAS;
      });
      await failOver(before);
    },
    [Symbol.asyncDispose]: () => disposeAll([...sentinels, ...servers]),
  };
}

async function startSentinel(watch: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), "millrace-sentinel-"));
  const port = await freePort();
  const file = join(directory, "sentinel.conf");
  const lines = [`port ${port}`, "bind 127.0.0.1", `dir ${directory}`, ...watch];
  await writeFile(file, `${lines.join("\n")}\n`);
  const running = await startGuarded(redisProgram(), [file, "--sentinel"], "Sentinel ID is");
  return {
    port,
    async [Symbol.asyncDispose]() {
      await endGuarded(running, "SIGKILL");
      await rm(directory, { recursive: true, force: true });
    },
  };
}
