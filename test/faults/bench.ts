import { systemClock, systemRandom } from "@millrace/shared";
import { type Executor, startWorker } from "@millrace/worker-sdk";
import { onTestFinished } from "vitest";
import { startDictation } from "./dictation.ts";
import { Journal, type Spec } from "./journal.ts";
import { RawWorker } from "./raw-worker.ts";
import { adminOf, callerAt, type FaultSystem } from "./setup.ts";

let queues = 0;

/** Provides a queue, a caller with a journal, and workers for one test, on a system that tests share. */
export async function benchOn({ system }: FaultSystem) {
  queues += 1;
  const queue = `queue-${queues}`;
  await system.putQueue({ name: queue });
  const caller = callerAt(system.gatewayTarget(), await system.createApiKey("caller"));
  const journal = new Journal(caller);
  const dictation = await startDictation();
  const admin = adminOf(system);
  const audited = async () => {
    const found: string[] = [];
    for await (const { findings } of admin.audit({})) {
      found.push(...findings.map(({ subject, problem }) => `${subject}: ${problem}`));
    }
    return found;
  };
  const throwAny = (broken: readonly string[]) => {
    if (broken.length > 0) throw new Error(broken.join("\n"));
  };
  return {
    ...{ queue, caller, journal, dictation },
    submit: (spec: Spec = {}) => journal.submit({ queue, type: "copy", ...spec }),

    /** Starts a copying worker in its own process. */
    copyingWorker: (settings: Readonly<Record<string, string>> = {}) =>
      dictation.startWorker(system.workerTarget, { QUEUE: queue, ...settings }),

    /** Starts a worker whose every message the test decides. */
    rawWorker: () => new RawWorker(system.workerTarget),

    /** Starts a worker in this process, whose executors the test gives. */
    worker(executors: Readonly<Record<string, Executor>>, slots = 4) {
      const worker = startWorker({
        ...{ address: system.workerTarget, workerId: "here", queues: [queue], slots },
        ...{ executors, clock: systemClock, random: systemRandom },
      });
      onTestFinished(() => worker.drain(0));
      return worker;
    },

    /**
     * Throws if a caller was told something wrong or if the store is inconsistent. Every job must have been
     * followed to its end.
     */
    async check() {
      const broken = await journal.violations(queue);
      throwAny([...broken, ...(await audited())]);
    },

    /** Throws if the audit of the store has findings. */
    async checkStore() {
      throwAny(await audited());
    },
  };
}
