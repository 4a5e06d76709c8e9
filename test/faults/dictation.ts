import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type LocalService, startProgram } from "@millrace/local";
import { onTestFinished } from "vitest";
import { Heard } from "./heard.ts";

/** One attempt that a copying worker has asked the text of. */
export interface Dictated {
  readonly jobId: string;
  readonly attempt: number;
  /** The process that runs it. */
  readonly pid: number;
  write(text: string): void;
  /** That was all: the attempt completes. */
  end(text?: string): void;
}

/** Tells copying workers what to write, piece by piece. It and its workers go with the test. */
export async function startDictation() {
  const asked = new Heard<Dictated>();
  const server = createServer((request, response) => {
    const [, jobId = "", attempt, pid] = (request.url ?? "").split("/");
    response.on("error", () => undefined);
    asked.add({ jobId, attempt: Number(attempt), pid: Number(pid), ...writing(response) });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const from = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    asked,
    /** The text of this attempt, once its worker asks. */
    attempt: (jobId: string, attempt: number) =>
      asked.until((one) => one.jobId === jobId && one.attempt === attempt),
    /** What each attempt is told from now on, at once. */
    always(tell: (dictated: Dictated) => void) {
      void asked
        .until((one) => {
          tell(one);
          return false;
        })
        .catch(() => undefined);
    },
    async startWorker(
      workerTarget: string,
      settings: Readonly<Record<string, string>> = {},
    ): Promise<CopyingWorker> {
      const stopping = Promise.withResolvers<void>();
      const worker = await startProgram("worker", join(import.meta.dirname, "copying-worker.ts"), {
        settings: { COPY_FROM: from, SCHEDULER: workerTarget, ...settings },
        log: (line) => {
          if (line.includes('"msg":"stopping"')) stopping.resolve();
        },
      });
      onTestFinished(() => worker[Symbol.asyncDispose]());
      return Object.assign(worker, { stopping: stopping.promise });
    },
  };
}

export interface CopyingWorker extends LocalService {
  /** Resolves once it says that it was told to stop: from then on it takes no more. */
  readonly stopping: Promise<void>;
}

function writing(response: ServerResponse) {
  response.flushHeaders();
  return {
    write: (text: string) => void response.write(text),
    end: (text = "") => void response.end(text),
  };
}
