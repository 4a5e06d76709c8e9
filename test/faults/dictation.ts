import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type LocalService, startProgram } from "@millrace/local";
import { onTestFinished } from "vitest";
import { Heard } from "./heard.ts";

/** One attempt of a copying worker, whose text the test dictates. */
export interface Dictated {
  readonly jobId: string;
  readonly attempt: number;
  /** The process id of the worker that runs the attempt. */
  readonly pid: number;
  write(text: string): void;
  /** Ends the text, so that the attempt completes. */
  end(text?: string): void;
}

/**
 * A dictation decides, while jobs run, what their executors write. The picture is a teacher who dictates a text
 * to pupils. Here the test is the teacher and the copying workers (copying-worker.ts) are the pupils. Each
 * attempt connects to the dictation, copies every piece of text that the test sends to its output, and returns
 * the whole text as its result. So a test knows exactly how far each attempt has come when it breaks something,
 * and which attempt wrote which text.
 *
 * The dictation and its workers end with the test.
 */
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
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    asked,
    /** Resolves with the given attempt, once its worker has connected. */
    attempt: (jobId: string, attempt: number) =>
      asked.until((one) => one.jobId === jobId && one.attempt === attempt),
    /** Calls `tell` at once for every attempt, past and future. */
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
        settings: { COPY_FROM: url, SCHEDULER: workerTarget, ...settings },
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
  /** Resolves once the worker logs that it was told to stop. From then on it takes no more jobs. */
  readonly stopping: Promise<void>;
}

function writing(response: ServerResponse) {
  response.flushHeaders();
  return {
    write: (text: string) => void response.write(text),
    end: (text = "") => void response.end(text),
  };
}
