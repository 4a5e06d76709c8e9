import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { plainLine } from "./plain-line.ts";

export type ServiceName = "scheduler" | "gateway" | "worker";

export interface ServiceOptions {
  /** Its environment, `MILLRACE_*` and others; of this process' own it gets PATH alone. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told of every line that it writes, JSON but for what Node itself may say at the end. */
  readonly log?: (line: string) => void;
}

export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A service in a process of its own, that ends with this one. */
export interface LocalService extends AsyncDisposable {
  readonly name: string;
  /** Of the process that runs, or ran last. */
  readonly pid: number;
  /** Where it is reached, as it said when it was ready: a gateway's `address` and `metrics`, … */
  readonly addresses: Readonly<Record<string, string>>;
  /** How the process that runs, or ran last, ended. */
  readonly exited: Promise<ServiceExit>;
  /** SIGTERM, and waits for it to end by itself. */
  stop(): Promise<ServiceExit>;
  /** SIGKILL, and waits for it to end. */
  kill(): Promise<ServiceExit>;
  /** Starts it again with the same settings, or some of them changed; stops it first if it runs. */
  restart(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** SIGSTOP: connections stay open, and nothing answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}

const services = join(import.meta.dirname, "../../../services");
const endWithParent = join(import.meta.dirname, "end-with-parent.ts");
/** What a service says once it is ready. */
const READY = new Set(["serving", "started"]);
/** Of what it wrote before it failed to start. */
const LINES_KEPT = 20;

/** Starts a service of this repository; resolves when it says that it is ready, rejects with its last words if it ends before. */
export const startService = (
  name: ServiceName,
  options: ServiceOptions = {},
): Promise<LocalService> => startProgram(name, join(services, name, "src/main.ts"), options);

/** As startService, for the program in the file `main`: it says in a JSON line whose `msg` is "serving" or "started" that it is ready. */
export async function startProgram(
  name: string,
  main: string,
  options: ServiceOptions = {},
): Promise<LocalService> {
  let settings = options.settings ?? {};
  let running = await launch(name, main, settings, options.log);

  const end = (signal: NodeJS.Signals): Promise<ServiceExit> => {
    // A process that is paused sees SIGTERM only when it goes on.
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
  const child = spawn(process.execPath, ["--import", endWithParent, main], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A group of its own: Ctrl-C reaches whoever started it, who ends its services in order.
    detached: true,
  });
  const exited = new Promise<ServiceExit>((resolve) => {
    // "close" and not "exit": all that it wrote has been read.
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
