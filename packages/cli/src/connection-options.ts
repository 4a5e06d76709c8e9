import { readFileSync } from "node:fs";
import type { ConnectOptions } from "@millrace/client";
import { type Command, Option } from "commander";
import { exitCodes } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import type { Shell } from "./shell.ts";
import { duration, list } from "./values.ts";

/** Flags that every command has which calls Millrace. */
export interface ConnectionOptions {
  readonly tlsCa?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

export const connectionOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--tls-ca <file>", "use TLS, and trust these certificates alone (PEM)").env(
        "MILLRACE_TLS_CA",
      ),
    )
    .addOption(
      new Option("--timeout <duration>", "how long a call may take")
        .env("MILLRACE_TIMEOUT")
        .argParser(duration)
        .default(10_000, "10s"),
    )
    .option("--json", "print JSON for programs: one value a line");

const SCHEME = /^(https?):\/\//;

/** Where to connect and how: `host:port`, or `https://host` for TLS with the system's roots; several by commas. */
export function connectTo(
  flag: string,
  text: string,
  { tlsCa, timeout }: ConnectionOptions,
): Pick<ConnectOptions, "address" | "tls" | "deadlineMs"> {
  const schemes = new Set<string>();
  const address = list(text).map((one) => {
    const scheme = SCHEME.exec(one)?.[1] ?? "http";
    schemes.add(scheme);
    const host = one.replace(SCHEME, "").replace(/\/$/, "");
    return scheme === "https" && !/:\d+$/.test(host) ? `${host}:443` : host;
  });
  if (address.length === 0) throw new Failure(exitCodes.usage, `${flag} names no address.`);
  if (schemes.size > 1) {
    throw new Failure(exitCodes.usage, `${flag} mixes addresses with https:// and without.`);
  }
  const tls = tlsCa !== undefined || schemes.has("https");
  return {
    address,
    deadlineMs: timeout,
    ...(tls ? { tls: tlsCa === undefined ? {} : { ca: fileContent("--tls-ca", tlsCa) } } : {}),
  };
}

/** A secret from the environment or from a file, never from a flag: flags are seen by everyone on the machine. */
export function secret(
  shell: Shell,
  variable: string,
  file: string | undefined,
): string | undefined {
  if (file === undefined) return shell.env[variable];
  const text = fileContent(`${variable}_FILE`, file).toString("utf8").trim();
  if (text !== "") return text;
  throw new Failure(exitCodes.usage, `${file} is empty: it is to hold what ${variable} would.`);
}

function fileContent(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Failure(
      exitCodes.usage,
      `${setting}: ${path} cannot be read: ${(error as Error).message}`,
      error,
    );
  }
}
