import type { Welcome } from "@millrace/proto/worker-service";
import { INTERNAL_QUEUE_PREFIX } from "@millrace/shared";
import type { Log } from "./executor.ts";

/** Warns of names in the worker's hello that the scheduler does not know: they may be mistyped. */
export function warnOfUnknownNames({ undefinedQueues, unknownPools }: Welcome, log: Log): void {
  for (const queue of undefinedQueues) {
    const todo = queue.startsWith(INTERNAL_QUEUE_PREFIX)
      ? "the worker waits until the schedulers are of its version"
      : `the worker waits until an operator defines it: millrace queues put ${queue}`;
    log("warn", `the queue "${queue}" is not defined; ${todo}`, { queue });
  }
  for (const pool of unknownPools) {
    const what = `no provider account has the name of the pool "${pool}"`;
    const todo = `check the name, or define the account: millrace providers put ${pool}`;
    log("warn", `${what}; ${todo}`, { pool });
  }
}
