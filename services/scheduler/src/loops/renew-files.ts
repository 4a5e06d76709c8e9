import type { Engine } from "@millrace/engine";
import type { Logger } from "@millrace/telemetry";
import { every, type Loop, type LoopOptions } from "./every.ts";

/** Has each Redis write its append-only file anew after its start, which may have been one after a crash. Says once where it may not. */
export function startRenewFiles(
  engine: Pick<Engine, "renewFiles">,
  log: Pick<Logger, "warn" | "info">,
  options: LoopOptions,
): Loop {
  let told = false;
  return every(async () => {
    const result = await engine.renewFiles();
    if (result.kind === "renewed") {
      const servers = result.began;
      if (servers > 0)
        log.info({ servers }, "Redis has started, and writes its append-only file anew");
      return;
    }
    if (told) return;
    told = true;
    const message =
      "the scheduler may not have Redis write its append-only file anew: allow BGREWRITEAOF, or run it after each crash of Redis";
    log.warn({ why: result.why }, message);
  }, options);
}
