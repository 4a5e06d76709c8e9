/** A system for tests of workers that speak the protocol themselves. */
import type { Job } from "@millrace/proto/job";
import { afterAll, expect } from "vitest";
import { RawWorker } from "./raw-worker.ts";
import { callerAt, startLogged } from "./setup.ts";

/** The system of a test file. */
export async function startWithoutWorkers() {
  const { system } = await startLogged({ workers: 0 });
  afterAll(() => system[Symbol.asyncDispose]());
  let queues = 0;

  /** Provides a queue and a caller for one test. */
  async function setup() {
    queues += 1;
    const queue = `queue-${queues}`;
    await system.putQueue({ name: queue });
    const { jobs } = callerAt(system.gatewayTarget(), system.apiKey);
    const submit = async (spec = {}) =>
      (await jobs.submitJob({ job: { queue, type: "raw", ...spec } })).job?.id ?? "";
    const read = async (jobId: string) => (await jobs.getJob({ jobId })).job as Job;
    const output = async (jobId: string) => {
      const texts: string[] = [];
      for await (const { event } of jobs.watchJob({ jobId })) {
        if (event.case !== "chunks") continue;
        for (const { offset, content } of event.value.chunks) {
          expect(offset).toBe(BigInt(texts.length));
          texts.push(content.case === "text" ? content.value : `<${content.case}>`);
        }
      }
      return texts;
    };
    const worker = () => new RawWorker(system.workerTarget);
    return { queue, jobs, submit, read, output, worker };
  }

  return { system, setup };
}
