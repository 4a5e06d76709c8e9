import type { RenewedFiles } from "./contract.ts";
import { mastersOf, type Store } from "./store-connection.ts";
import { asStoreFault, StoreUnavailable } from "./store-fault.ts";

/** Redis runs one child process at a time, and another one is about to end. */
const SOON = /in progress|is scheduled|active child process/i;
/** Some providers of Redis remove or rename the command. */
const UNKNOWN = /unknown command/i;

/**
 * Makes each server rewrite its append-only file unless it has done so since its start. After a crash, such a file may hold
 * the first commands of a transaction. Redis keeps them, appends behind them, and would apply them at its next start
 * (docs/operations.md).
 */
export async function renewFiles(store: Store): Promise<RenewedFiles> {
  try {
    let began = 0;
    for (const server of mastersOf(store)) {
      if (!isAsItStarted(await server.info("persistence"))) continue;
      began += await server.bgrewriteaof().then(
        () => 1,
        (error: unknown) => {
          if (SOON.test(String(error))) return 0;
          throw error;
        },
      );
    }
    return { kind: "renewed", began };
  } catch (error) {
    const fault = asStoreFault(error, "making Redis rewrite its append-only file (BGREWRITEAOF)");
    const denied = fault instanceof StoreUnavailable && fault.accessDenied;
    if (denied || UNKNOWN.test(fault.message)) return { kind: "notAllowed", why: fault.message };
    throw fault;
  }
}

const isAsItStarted = (info: string): boolean => {
  const value = (field: string) => new RegExp(`^${field}:(-?\\d+)`, "m").exec(info)?.[1];
  return (
    value("aof_enabled") === "1" &&
    value("aof_rewrite_in_progress") === "0" &&
    // How long the last rewrite took; -1 means that there was none since the start.
    value("aof_last_rewrite_time_sec") === "-1"
  );
};
