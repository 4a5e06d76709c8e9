import type { RenewedFiles } from "./contract.ts";
import { mastersOf, type Store } from "./store-connection.ts";
import { asStoreFault, StoreUnavailable } from "./store-fault.ts";

/** Redis makes one copy of itself at a time, and is about to be done with another. */
const SOON = /in progress|is scheduled|active child process/i;
/** Providers of Redis leave the command out, or have given it another name. */
const UNKNOWN = /unknown command/i;

/**
 * Has each server write its append-only file anew that has not done so since it started. Such a file may end within a
 * transaction, because Redis crashed while it wrote: it leaves those first commands in the file, goes on behind them, and
 * would apply them at its next start (docs/operations.md).
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
    const fault = asStoreFault(error, "having Redis write its append-only file anew");
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
    // How long the last rewrite took; -1: there was none since the start.
    value("aof_last_rewrite_time_sec") === "-1"
  );
};
