/** A worker in its own process. Its jobs do what their payload says. */
import { hostname } from "node:os";
import { runMain } from "@millrace/runtime";
import { systemClock, systemRandom } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { startWorker } from "@millrace/worker-sdk";
import { FAN_OUT_TYPE } from "./fan-outs.ts";
import { REPORT_TYPE } from "./groups.ts";
import { STORM_QUEUE } from "./jobs.ts";
import { divide, report, work } from "./storm-executors.ts";

const log = createLogger("worker");
const { SCHEDULER = "", SLOTS = "32", TYPES = "work", POOLS = "" } = process.env;
const DRAIN_MS = 2_000;
const workerId = `${hostname()}-${process.pid}`;

const executors = {
  ...Object.fromEntries(TYPES.split(",").map((type) => [type, work])),
  ...{ [FAN_OUT_TYPE]: divide, [REPORT_TYPE]: report },
};

await runMain(
  async (scope) => {
    const worker = startWorker({
      ...{ address: SCHEDULER, workerId, queues: [STORM_QUEUE], pools: POOLS.split(",") },
      ...{ slots: Number(SLOTS), executors, clock: systemClock, random: systemRandom },
    });
    scope.defer(() => worker.drain(DRAIN_MS));
    log.info({ worker_id: workerId }, "started");
  },
  { drainMs: DRAIN_MS + 8_000, log },
);
