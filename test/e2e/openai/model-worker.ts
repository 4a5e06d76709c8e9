/** A worker in its own process, with the executors of the types that pass requests and answers through. */
import { hostname } from "node:os";
import { runMain } from "@millrace/runtime";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { startWorker } from "@millrace/worker-sdk";
import { modelExecutors } from "./model-executors.ts";

const log = createLogger("worker");
const { SCHEDULER = "", PROVIDER = "" } = process.env;

await runMain(
  async (scope) => {
    const worker = startWorker({
      ...{ address: SCHEDULER, workerId: `${hostname()}-${process.pid}`, queues: ["documents"] },
      ...{ slots: 4, executors: modelExecutors(PROVIDER), clock, random },
    });
    scope.defer(() => worker.drain(1_000));
    log.info({}, "started");
  },
  { log },
);
