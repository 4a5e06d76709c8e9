import { type LocalSystem, startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { grpcClient } from "@millrace/runtime";
import {
  systemClock as clock,
  newJobId,
  parseApiKey,
  systemRandom as random,
} from "@millrace/shared";
import { type AttemptContext, startWorker } from "@millrace/worker-sdk";
import { onTestFinished } from "vitest";

/** A job whose executor waits until the test ends it. */
export interface HeldJob extends AttemptContext {
  /** Ends the attempt with this result. */
  finish(result: unknown): void;
  fail(error: Error): void;
}

export const startHttpSystem = (): Promise<LocalSystem> =>
  startSystem({ workers: 0, settings: { gateway: { MILLRACE_KEY_CACHE_MS: "0" } } });

let queues = 0;

/** Provides a queue and an API key for one test, on a shared system, and a worker whose jobs the test ends. */
export async function httpCaller(system: LocalSystem) {
  queues += 1;
  const queue = `q${queues}`;
  await system.putQueue({ name: queue });
  const apiKey = await system.createApiKey(queue);
  const keyId = parseApiKey(apiKey)?.keyId;
  if (keyId === undefined) throw new Error("the system returned no valid API key");

  const call = (path: string, init: RequestInit = {}, key: string = apiKey) =>
    fetch(system.httpUrl + path, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
    });
  return {
    queue,
    keyId,
    apiKey,
    call,
    /** The id of a job of this key that does not exist. */
    noJob: newJobId(queue as never, keyId, 1, random),
    postJob: (job: object = {}, headers: Record<string, string> = {}, query = "") =>
      call(`/v1/jobs${query}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ queue, type: "held", ...job }),
      }),
    /** Takes jobs of the queue as they come, one after another. */
    startWorker() {
      const held: HeldJob[] = [];
      let waiting: ((job: HeldJob) => void) | undefined;
      const worker = startWorker({
        address: system.workerTarget,
        workerId: queue,
        queues: [queue],
        slots: 10,
        clock,
        random,
        executors: {
          held: (context) =>
            new Promise((finish, fail) => {
              context.signal.addEventListener("abort", () => fail(context.signal.reason));
              const job = { ...context, finish, fail };
              if (waiting === undefined) held.push(job);
              else waiting(job);
            }),
        },
      });
      onTestFinished(() => worker.drain(0));
      return {
        next: () =>
          new Promise<HeldJob>((resolve) => {
            const job = held.shift();
            if (job !== undefined) return resolve(job);
            waiting = (arrived) => {
              waiting = undefined;
              resolve(arrived);
            };
          }),
      };
    },
    async revoke() {
      const address = system.schedulers[0]?.addresses.admin ?? "";
      const admin = grpcClient(AdminService, address);
      onTestFinished(() => admin.close());
      await admin.rpc.revokeApiKey({ keyId });
    },
  };
}
