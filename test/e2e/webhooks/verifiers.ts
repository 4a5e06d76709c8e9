/** Verifies requests by libraries that are not ours, as receivers do. */
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import OpenAI from "openai";
import { Webhook } from "standardwebhooks";
import { python } from "../python.ts";
import type { Received } from "./receiver.ts";

/** Returns the event of a request. Throws if a library refuses it. */
export type Verify = (request: Received, secret: string) => Promise<unknown>;

const openai = new OpenAI({ apiKey: "none" });
const script = join(import.meta.dirname, "verify.py");

/** The libraries by their names. Those of Python are left out where there is no Python that has them. */
export const verifiers: Readonly<Record<string, Verify>> = {
  "standardwebhooks (npm)": async ({ body, headers }, secret) =>
    new Webhook(secret).verify(body, headers),
  "client.webhooks.unwrap of openai (npm)": ({ body, headers }, secret) =>
    openai.webhooks.unwrap(body, headers, secret),
  ...(hasPythonLibraries()
    ? {
        "standardwebhooks and openai (PyPI)": async (
          { body, headers }: Received,
          secret: string,
        ) => {
          const { event, openai: read, error } = await byPython({ body, headers, secret });
          if (error !== undefined) throw new Error(error);
          if (read?.id !== event?.id || read?.type !== event?.type) {
            throw new Error("the two libraries read different events");
          }
          return event;
        },
      }
    : {}),
};

interface Verified {
  readonly event?: { readonly id: string; readonly type: string };
  readonly openai?: { readonly id: string; readonly type: string };
  readonly error?: string;
}

let started: { readonly input: Writable; readonly answers: AsyncIterator<string> } | undefined;

/** One process verifies all requests: to load the libraries takes a second. It ends with this process. */
async function byPython(request: object): Promise<Verified> {
  if (started === undefined) {
    const child = spawn(String(python), [script], { stdio: ["pipe", "pipe", "inherit"] });
    const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
    started = { input: child.stdin, answers };
    process.once("exit", () => void child.kill());
  }
  started.input.write(`${JSON.stringify(request)}\n`);
  const { value, done } = await started.answers.next();
  if (done) throw new Error("verify.py has ended");
  return JSON.parse(value) as Verified;
}

/** Whether MILLRACE_PYTHON has the packages of requirements.txt. `.ci/run` installs them where it can. */
export function hasPythonLibraries(): boolean {
  if (python === undefined) return false;
  try {
    execFileSync(python, ["-c", "import openai, standardwebhooks"], {
      stdio: "ignore",
      timeout: 60_000,
    });
    return true;
  } catch {
    return false;
  }
}
