import { hostname } from "node:os";
import { type Random, steadyClock, systemRandom } from "@millrace/shared";
import type { Log } from "./executor.ts";
import { noModels } from "./models/attempt-models.ts";
import type { WorkerOptions } from "./worker-options.ts";

/** The options of a worker, with the defaults of those that are left out. */
export type WorkerSettings = WorkerOptions &
  Required<Pick<WorkerOptions, "workerId" | "slots" | "clock" | "random" | "log" | "models">>;

const DEFAULT_SLOTS = 4;
/** How long running jobs may take after a signal. Kubernetes waits 30 s by default. */
export const DEFAULT_DRAIN_MS = 15_000;
/** The longest worker id that the contract allows, less the random end. */
const HOST_AND_PROCESS = 119;

export function withDefaults(options: WorkerOptions): WorkerSettings {
  const random = options.random ?? systemRandom;
  return {
    ...options,
    workerId: options.workerId ?? newWorkerId(random),
    slots: options.slots ?? DEFAULT_SLOTS,
    clock: options.clock ?? steadyClock,
    random,
    models: options.models ?? noModels,
    log: options.log ?? logToStandardError,
  };
}

/** Names the host and the process for people. The random end tells workers of one process, and of containers, apart. */
function newWorkerId(random: Random): string {
  const place = `${hostname()}-${process.pid}`.replace(/[^A-Za-z0-9._-]/g, "-");
  const end = Buffer.from(random.bytes(4)).toString("hex");
  return `${place.slice(0, HOST_AND_PROCESS)}-${end}`;
}

/** Warnings and errors are JSON lines in the form of the services' logs. The rest is for programs that have a log. */
const logToStandardError: Log = (level, message, { jobId, ...fields } = {}) => {
  if (level !== "warn" && level !== "error") return;
  const time = new Date(steadyClock.nowMs()).toISOString();
  const line = { level, time, ...(jobId === undefined ? {} : { job_id: jobId }), ...fields };
  process.stderr.write(`${JSON.stringify({ ...line, msg: message })}\n`);
};
