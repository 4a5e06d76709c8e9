import { status } from "@grpc/grpc-js";
import type { FinishedCall } from "@millrace/runtime";
import type { Clock, Reason } from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";
import type { Caller } from "./caller.ts";

/** A caller who leaves a watch has not failed at it. */
const quiet = new Set([status.OK, status.CANCELLED]);

/** Of those without a key that is known. They can make any number of calls, which share a line in so long a time. */
const STRANGERS_EVERY_MS = 60_000;
const refusals = new Set<Reason | undefined>([
  ...(["UNAUTHENTICATED", "TOO_MANY_KEY_LOOKUPS"] as const),
  ...(["TOO_MANY_UNFINISHED", "REQUEST_TOO_SLOW"] as const),
]);

/**
 * A line for each call: who, what and how it ended; never what was in it. Those that failed stand out.
 * Calls without a key that is known have a line a minute.
 */
export function accessLog(log: Logger, clock: Clock): (call: FinishedCall) => void {
  const logStranger = strangersLog(log, clock);
  return (call) => {
    const { path, protocol, code, reason, identity, jobId, durationMs } = call;
    if (identity === undefined && refusals.has(reason)) return logStranger(call);
    const keyId = (identity as Caller | undefined)?.keyId;
    const fields = {
      ...{ path, protocol, code: status[code], duration_ms: durationMs },
      ...(reason === undefined ? {} : { reason }),
      ...(keyId === undefined ? {} : { key_id: keyId }),
      ...(jobId === undefined ? {} : { job_id: jobId }),
    };
    if (quiet.has(code)) log.debug(fields, "call");
    else log.info(fields, "call failed");
  };
}

/** The first refused call has its line at once; those of the next minute have one when it is over. */
function strangersLog(log: Logger, clock: Clock): (call: FinishedCall) => void {
  let isQuiet = false;
  let counted = 0;
  let last: FinishedCall | undefined;
  const tell = () => {
    if (last === undefined) {
      isQuiet = false;
      return;
    }
    const { path, protocol, code, reason, peer } = last;
    const fields = { path, protocol, code: status[code], reason, peer, calls: counted };
    log.info(fields, "calls without a valid API key were refused; the last of them is shown");
    isQuiet = true;
    counted = 0;
    last = undefined;
    clock.after(STRANGERS_EVERY_MS, tell);
  };
  return (call) => {
    counted += 1;
    last = call;
    if (!isQuiet) tell();
  };
}
