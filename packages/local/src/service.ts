import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { plainLine } from "./plain-line.ts";

export type ServiceName = "scheduler" | "gateway" | "worker";

export interface ServiceOptions {
  /** The environment of the service, `MILLRACE_*` and others. From this process it inherits only PATH. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called with every line that the service writes. Lines are JSON, except for errors that Node itself prints. */
  readonly log?: (line: string) => void;
}

export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A service in its own process, which ends with this process. */
export interface LocalService extends AsyncDisposable {
  readonly name: string;
  /** The process id of the current process, or of the last one. */
  readonly pid: number;
  /** The addresses that the service reported when it was ready, such as a gateway's `address` and `metrics`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** How the current process, or the last one, ended. */
  readonly exited: Promise<ServiceExit>;
  /** Sends SIGTERM and waits until the service ends. */
  stop(): Promise<ServiceExit>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<ServiceExit>;
  /** Starts the service again, with changed settings if given. Stops it first if it runs. */
  restart(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** Sends SIGSTOP: connections stay open, and nothing answers. */
  pause(): void;
  /** Sends SIGCONT. */
  resume(): void;
}

const repository = join(import.meta.dirname, "../../..");
const endWithParent = join(import.meta.dirname, "end-with-parent.ts");
/** The log messages that mean that a service is ready. */
const READY = new Set(["serving", "started"]);
/** How many log lines are kept for the error of a service that does not start. */
const LINES_KEPT = 20;

/** Returns the main file of a service of this repository, or of a copy of it in another folder. */
export const mainOf = (name: ServiceName, folder = repository): string =>
  join(folder, "services", name, "src/main.ts");

/**
 * Starts a service of this repository. Resolves when it reports that it is ready. Rejects with its last log lines
 * if it ends before.
 */
export const startService = (
  name: ServiceName,
  options: ServiceOptions = {},
): Promise<LocalService> => startProgram(name, mainOf(name), options);

/**
 * Like startService, for the program in the file `main`. The program reports that it is ready with a JSON line
 * whose `msg` is "serving" or "started".
 */
export async function startProgram(
  name: string,
  main: string,
  options: ServiceOptions = {},
): Promise<LocalService> {
  let settings = options.settings ?? {};
  let running = await launch(name, main, settings, options.log);

  const end = (signal: NodeJS.Signals): Promise<ServiceExit> => {
    // A paused process handles SIGTERM only after it continues.
    if (signal === "SIGTERM") running.child.kill("SIGCONT");
    running.child.kill(signal);
    return running.exited;
  };
  return {
    name,
    get pid() {
      return running.pid;
    },
    get addresses() {
      return running.addresses;
    },
    get exited() {
      return running.exited;
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    async restart(changed = {}) {
      await end("SIGTERM");
      settings = { ...settings, ...changed };
      running = await launch(name, main, settings, options.log);
    },
    pause: () => void running.child.kill("SIGSTOP"),
    resume: () => void running.child.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}

interface RunningService {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly addresses: Readonly<Record<string, string>>;
  readonly exited: Promise<ServiceExit>;
}

async function launch(
  name: string,
  main: string,
  settings: Readonly<Record<string, string>>,
  log: (line: string) => void = () => undefined,
): Promise<RunningService> {
  // As `preventHangAtExit` does, but from the start.
  const flags = ["--no-concurrent-sparkplug", "--import", endWithParent];
  const child = spawn(process.execPath, [...flags, main], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // The service has its own process group, so that Ctrl-C reaches only this process, which ends its services in
    // order.
    detached: true,
  });
  const exited = new Promise<ServiceExit>((resolve) => {
    // The event "close" comes after all output has been read. "exit" may come before.
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const { stdout, stderr, pid } = child;
  if (stdout === null || stderr === null || pid === undefined) {
    const [error] = await new Promise<[Error]>((resolve) => {
      child.once("error", (...failure) => resolve(failure));
    });
    throw new Error(`cannot start the ${name}`, { cause: error });
  }

  const lastLines: string[] = [];
  const addresses = await new Promise<Record<string, string>>((resolve, reject) => {
    for (const stream of [stdout, stderr]) {
      createInterface(stream).on("line", (line) => {
        log(line);
        lastLines.push(plainLine(line).text);
        if (lastLines.length > LINES_KEPT) lastLines.shift();
        const { msg, ...fields } = parse(line);
        if (READY.has(String(msg))) resolve(addressesIn(fields));
      });
    }
    void exited.then(({ code, signal }) => {
      const end = `the ${name} ended (${signal ?? code}) before it was ready`;
      reject(new Error([end, ...lastLines].join("\n  ")));
    });
  });
  return { child, pid, addresses, exited };
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const addressesIn = (fields: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).filter(
      (field): field is [string, string] => typeof field[1] === "string" && /:\d+$/.test(field[1]),
    ),
  );
