import { status } from "@grpc/grpc-js";
import type { FinishedCall } from "@millrace/runtime";
import type { Logger } from "@millrace/telemetry";
import type { Caller } from "./caller.ts";

/** A caller who leaves a watch has not failed at it. */
const quiet = new Set([status.OK, status.CANCELLED]);

/** A line for each call: who, what and how it ended; never what was in it. Those that failed stand out. */
export const accessLog =
  (log: Logger) =>
  ({ path, protocol, code, reason, identity, jobId, durationMs }: FinishedCall): void => {
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
