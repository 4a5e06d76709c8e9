import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";

/**
 * Makes each Redis rewrite its append-only file after Redis has started, because the start may follow a crash. Warns
 * once if that is not allowed.
 */
export function startRenewFiles(
  engine: Pick<Engine, "renewFiles">,
  log: Pick<Logger, "warn" | "info">,
  options: LoopOptions,
): Loop {
  let hasWarned = false;
  return every(async () => {
    const result = await engine.renewFiles();
    if (result.kind === "renewed") {
      const servers = result.began;
      if (servers > 0) log.info({ servers }, "Redis has started and rewrites its append-only file");
      return;
    }
    if (hasWarned) return;
    hasWarned = true;
    const message =
      "the scheduler is not allowed to make Redis rewrite its append-only file: allow it BGREWRITEAOF, or run that command after each crash of Redis";
    log.warn({ why: result.why }, message);
  }, options);
}
