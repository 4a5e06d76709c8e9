import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

export interface RedisOptions {
  /** Keep an append-only file, so that what was acknowledged survives a restart. Default false. */
  readonly appendonly?: boolean;
  /** Default "everysec". */
  readonly appendfsync?: "always" | "everysec" | "no";
  /** Further `redis-server` arguments. */
  readonly args?: readonly string[];
}

/** A real redis-server of one's own, in a directory of its own that goes with it. */
export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** SIGTERM, and waits for it to end. */
  stop(): Promise<void>;
  /** SIGKILL, and waits for it to end. */
  kill(): Promise<void>;
  /** Starts it again on the same port and directory; stops it first if it runs. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}

/** Starts a server on a free port of 127.0.0.1; resolves when it accepts connections. */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-redis-"));
  let running: RunningServer | undefined;
  let port = 0;

  const start = async () => {
    running = await launch(port, directory, options);
  };
  const end = async (signal: NodeJS.Signals) => {
    const server = running;
    running = undefined;
    if (server === undefined || server.guard.exitCode !== null) return;
    server.guard.ref();
    const ended = new Promise((resolve) => server.guard.once("exit", resolve));
    process.kill(server.pid, signal);
    await ended;
  };
  const signal = (name: NodeJS.Signals) => {
    if (running !== undefined) process.kill(running.pid, name);
  };

  // Between finding a free port and its use another process may take it.
  for (let attempt = 1; ; attempt += 1) {
    port = await freePort();
    try {
      await start();
      break;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    async restart() {
      await end("SIGTERM");
      await start();
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface RunningServer {
  readonly guard: ChildProcess;
  readonly pid: number;
}

/**
 * The server's parent is a shell that kills it once our end of its stdin closes, so that it does
 * not outlive a test process that is killed and never runs its own clean-up.
 */
const guardScript = `
exec 3<&0
redis-server "$@" &
server=$!
echo "server pid $server."
(cat <&3 >&2; kill -9 $server 2>/dev/null) >/dev/null &
exec 3<&-
wait $server
`;

function launch(port: number, directory: string, options: RedisOptions): Promise<RunningServer> {
  const guard = spawn(
    "sh",
    [
      ...["-c", guardScript, "sh", "--port", String(port), "--bind", "127.0.0.1"],
      ...["--dir", directory, "--save", "", "--daemonize", "no"],
      ...["--appendonly", options.appendonly === true ? "yes" : "no"],
      ...["--appendfsync", options.appendfsync ?? "everysec"],
      ...(options.args ?? []),
    ],
    { stdio: ["pipe", "pipe", "ignore"] },
  );
  return new Promise((resolve, reject) => {
    let log = "";
    const read = (data: Buffer) => {
      log += data.toString();
      const pid = /server pid (\d+)\./.exec(log)?.[1];
      if (pid === undefined || !log.includes("Ready to accept connections")) return;
      guard.stdout.off("data", read).resume();
      // A server left running does not keep its process alive.
      guard.unref();
      for (const stream of [guard.stdin, guard.stdout]) (stream as unknown as Socket).unref();
      resolve({ guard, pid: Number(pid) });
    };
    guard.stdout.on("data", read);
    guard.once("error", (cause) => reject(new Error("cannot start redis-server", { cause })));
    guard.once("exit", () => reject(new Error(`redis-server ended before it was ready:\n${log}`)));
  });
}
