import { status } from "@grpc/grpc-js";
import type { FinishedCall } from "@millrace/runtime";
import type { Clock, Reason } from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";
import type { Caller } from "./caller.ts";

/** Codes that are not a failure: a caller who leaves a watch has cancelled it on purpose. */
const quiet = new Set([status.OK, status.CANCELLED]);

/**
 * How often refused calls without a valid key get a line. Strangers can make any number of calls, so their calls share
 * lines.
 */
const STRANGERS_EVERY_MS = 60_000;
const refusals = new Set<Reason | undefined>([
  ...(["UNAUTHENTICATED", "TOO_MANY_KEY_LOOKUPS"] as const),
  ...(["TOO_MANY_UNFINISHED", "REQUEST_TOO_SLOW"] as const),
]);

/**
 * Writes one line per call: who called, which method and how the call ended, but never its content. Failed calls are
 * logged at a higher level. Calls without a valid key share one line per minute.
 */
export function accessLog(log: Logger, clock: Clock): (call: FinishedCall) => void {
  const logStranger = strangersLog(log, clock);
  return (call) => {
    const {
      path,
      protocol,
      code,
      reason,
      identity,
      jobId,
      groupId,
      scheduleId,
      requestId,
      durationMs,
    } = call;
    if (identity === undefined && refusals.has(reason)) return logStranger(call);
    const keyId = (identity as Caller | undefined)?.keyId;
    const fields = {
      ...{ path, protocol, code: status[code], duration_ms: durationMs },
      ...(reason === undefined ? {} : { reason }),
      ...(keyId === undefined ? {} : { key_id: keyId }),
      ...(requestId === undefined ? {} : { request_id: requestId }),
      ...(jobId === undefined ? {} : { job_id: jobId }),
      ...(groupId === undefined ? {} : { group_id: groupId }),
      ...(scheduleId === undefined ? {} : { schedule_id: scheduleId }),
    };
    if (quiet.has(code)) log.debug(fields, "call");
    else log.info(fields, "call failed");
  };
}

/** Logs the first refused call at once, and counts those of the next minute into one line at its end. */
function strangersLog(log: Logger, clock: Clock): (call: FinishedCall) => void {
  let isQuiet = false;
  let counted = 0;
  let last: FinishedCall | undefined;
  const logRefused = () => {
    if (last === undefined) {
      isQuiet = false;
      return;
    }
    const { path, protocol, code, reason, peer } = last;
    const fields = { path, protocol, code: status[code], reason, peer, calls: counted };
    log.info(fields, "calls without a valid API key were refused; this line shows the last one");
    isQuiet = true;
    counted = 0;
    last = undefined;
    clock.after(STRANGERS_EVERY_MS, logRefused);
  };
  return (call) => {
    counted += 1;
    last = call;
    if (!isQuiet) logRefused();
  };
}
