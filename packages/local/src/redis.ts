import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "./free-port.ts";
import { endGuarded, type GuardedProcess, isUp, startGuarded } from "./guarded-process.ts";

export interface RedisOptions {
  /**
   * Where the server keeps its files. It is created if missing and never removed. Default: a temporary directory
   * that is removed with the server.
   */
  readonly directory?: string;
  /** Default: a free port. */
  readonly port?: number;
  /** Keeps an append-only file, so that acknowledged writes survive a restart. Default false. */
  readonly appendonly?: boolean;
  /** Default "everysec". */
  readonly appendfsync?: "always" | "everysec" | "no";
  /** Further `redis-server` arguments. */
  readonly args?: readonly string[];
}

/** A real redis-server that belongs to the caller. */
export interface LocalRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The process id of the current server, or of the last one. */
  readonly pid: number;
  /** Resolves when the current server, or the last one, has ended. */
  readonly ended: Promise<void>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>;
  /** Starts the server again on the same port and directory. Stops it first if it runs. */
  restart(): Promise<void>;
  /** Sends SIGSTOP: connections stay open, and nothing answers. */
  pause(): void;
  /** Sends SIGCONT. */
  resume(): void;
}

/**
 * Starts a server on 127.0.0.1 that ends with this process. Resolves when it accepts connections.
 * MILLRACE_REDIS_SERVER names the program. If it is not set, redis-server or valkey-server on the PATH is used.
 */
export async function startRedis(options: RedisOptions = {}): Promise<LocalRedis> {
  const program = redisProgram();
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "millrace-redis-")));
  await mkdir(directory, { recursive: true });

  const start = (port: number) => launch(program, port, directory, options);
  const end = (signal: "SIGTERM" | "SIGKILL") => endGuarded(running, signal);
  const signal = (name: NodeJS.Signals) => {
    if (isUp(running)) process.kill(running.pid, name);
  };

  let running = await (options.port === undefined ? onFreePort(start) : start(options.port));
  const { port } = running;

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.pid;
    },
    get ended() {
      return running.ended;
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    async restart() {
      await end("SIGTERM");
      running = await start(port);
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Retries, because another process may take a free port before the server uses it. */
async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

/** Returns the program in MILLRACE_REDIS_SERVER, or redis-server or valkey-server on the PATH. */
export function redisProgram(): string {
  const named = process.env.MILLRACE_REDIS_SERVER;
  if (named !== undefined && named !== "") return named;
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const name of ["redis-server", "valkey-server"]) {
    const path = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
    if (path !== undefined) return path;
  }
  throw new Error(
    "found no redis-server or valkey-server on the PATH: install Redis 7.0 or newer, or set MILLRACE_REDIS_SERVER",
  );
}

interface RunningServer extends GuardedProcess {
  readonly port: number;
}

async function launch(
  program: string,
  port: number,
  directory: string,
  options: RedisOptions,
): Promise<RunningServer> {
  const args = [
    ...["--port", String(port), "--bind", "127.0.0.1"],
    ...["--dir", directory, "--save", "", "--daemonize", "no"],
    ...["--appendonly", options.appendonly === true ? "yes" : "no"],
    ...["--appendfsync", options.appendfsync ?? "everysec"],
    // A job is a hash: this keeps all but long ones in the compact form.
    ...["--hash-max-listpack-value", "1024"],
    ...(options.args ?? []),
  ];
  return { port, ...(await startGuarded(program, args, "Ready to accept connections")) };
}
