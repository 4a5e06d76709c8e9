import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ServiceName } from "@millrace/local";

const WORTH_SAYING = new Set(["warn", "error", "fatal"]);

/** A service's line in plain words if someone should see it now; else undefined. */
export function warningIn(line: string, service: ServiceName): string | undefined {
  try {
    const { level, msg, error } = JSON.parse(line) as Record<string, unknown>;
    if (!WORTH_SAYING.has(String(level))) return;
    const why = (error as { message?: unknown } | undefined)?.message;
    return `${service}: ${msg}${why === undefined ? "" : `: ${why}`}`;
  } catch {
    // What Node itself says of a crash.
    return `${service}: ${line}`;
  }
}

/** Writes the services' lines to a file for each, anew; passes on what someone should see. */
export function serviceLog(folder: string, warn: (text: string) => void) {
  mkdirSync(folder, { recursive: true });
  const files = new Map<ServiceName, NodeJS.WritableStream>();
  return (line: string, service: ServiceName): void => {
    const file = files.get(service) ?? createWriteStream(join(folder, `${service}.log`));
    files.set(service, file);
    file.write(`${line}\n`);
    const warning = warningIn(line, service);
    if (warning !== undefined) warn(warning);
  };
}
