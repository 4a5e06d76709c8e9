import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { plainLine, type ServiceName } from "@millrace/local";

/** Returns a service's log line in plain words if a person should see it now. Otherwise undefined. */
export function warningIn(line: string, service: ServiceName): string | undefined {
  const { level, text } = plainLine(line);
  return level === "info" || level === "debug" ? undefined : `${service}: ${text}`;
}

/** Writes the services' log lines to one new file for each service, and passes on warnings. */
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
