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
  /** What servers ask for. Default: nothing. */
  readonly password?: string;
  /** What sentinels ask for. Default: nothing. */
  readonly sentinelPassword?: string;
}

/** A master, two replicas, and three sentinels that watch over them. */
export interface LocalRedisSentinels extends AsyncDisposable {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly masterName: string;
  /** For MILLRACE_REDIS_SENTINELS. */
  readonly setting: string;
  /** The first of them is the master at first. */
  readonly servers: readonly LocalRedis[];
  /**
   * Has the sentinels replace the master, as an operator would who wants to lose nothing: writers are held
   * back until the replicas have all that it has.
   */
  replace(): Promise<void>;
  /** Kills the master and has another put in its place, which has what it was told of. */
  killMaster(): Promise<void>;
}

/** Resolves when replicas are in sync and the sentinels know of them and of one another. */
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
    // None is taken to be down, however slow the machine is: tests say when.
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
  /** Has a sentinel put another in the place of the master. */
  const failOver = async (from: LocalRedis) => {
    const asked = { port: sentinels[0]?.port ?? 0, password: sentinelPassword };
    // It may have yet to hear of replicas that are good enough.
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
