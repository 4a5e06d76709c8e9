import { systemClock, systemRandom } from "@millrace/shared";
import { type Executor, startWorker } from "@millrace/worker-sdk";
import { onTestFinished } from "vitest";
import { startDictation } from "./dictation.ts";
import { Journal, type Spec } from "./journal.ts";
import { RawWorker } from "./raw-worker.ts";
import { adminOf, callerAt, type FaultSystem } from "./setup.ts";

let queues = 0;

/** A queue, a caller with a journal, and workers of a test's own, on a system that others share. */
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

    /** A worker in a process of its own. */
    copyingWorker: (settings: Readonly<Record<string, string>> = {}) =>
      dictation.startWorker(system.workerTarget, { QUEUE: queue, ...settings }),

    /** One whose every message is the test's. */
    rawWorker: () => new RawWorker(system.workerTarget),

    /** One in this process, whose executors are the test's. */
    worker(executors: Readonly<Record<string, Executor>>, slots = 4) {
      const worker = startWorker({
        ...{ schedulerAddress: system.workerTarget, workerId: "here", queues: [queue], slots },
        ...{ executors, clock: systemClock, random: systemRandom },
      });
      onTestFinished(() => worker.drain(0));
      return worker;
    },

    /** Throws unless all holds together, to callers and in the store. Every job has been followed to its end. */
    async check() {
      const broken = await journal.violations(queue);
      throwAny([...broken, ...(await audited())]);
    },

    /** Throws unless all holds together in the store. */
    async checkStore() {
      throwAny(await audited());
    },
  };
}
