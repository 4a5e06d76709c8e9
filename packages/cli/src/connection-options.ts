import { readFileSync } from "node:fs";
import type { ConnectOptions } from "@millrace/client";
import { type Command, Option } from "commander";
import { exitCodes } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { given } from "./given.ts";
import type { Shell } from "./shell.ts";
import { duration, list } from "./values.ts";

/** The flags of every command that calls a server. */
export interface ConnectionOptions {
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

export const connectionOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--tls-ca <file>", "use TLS, and trust only these certificates (PEM)").env(
        "MILLRACE_TLS_CA",
      ),
    )
    .addOption(
      new Option("--tls-cert <file>", "the client certificate, if the server requires one").env(
        "MILLRACE_TLS_CERT",
      ),
    )
    .addOption(
      new Option("--tls-key <file>", "the key of the client certificate").env("MILLRACE_TLS_KEY"),
    )
    .addOption(
      new Option("--timeout <duration>", "how long a call may take")
        .env("MILLRACE_TIMEOUT")
        .argParser(duration)
        .default(10_000, "10s"),
    )
    .option("--json", "print JSON for programs, one value per line");

const SCHEME = /^(https?):\/\//;

/**
 * Parses where to connect and how: `host:port`, or `https://host` for TLS with the system's root certificates.
 * Several addresses are separated by commas.
 */
export function connectTo(
  flag: string,
  text: string,
  options: ConnectionOptions,
): Pick<ConnectOptions, "address" | "tls" | "deadlineMs"> {
  const schemes = new Set<string>();
  const address = list(text).map((one) => {
    const scheme = SCHEME.exec(one)?.[1] ?? "http";
    schemes.add(scheme);
    const host = one.replace(SCHEME, "").replace(/\/$/, "");
    return scheme === "https" && !/:\d+$/.test(host) ? `${host}:443` : host;
  });
  if (address.length === 0)
    throw new Failure(exitCodes.usage, `${flag} "${text}" names no address. Give host:port.`);
  if (schemes.size > 1) {
    throw new Failure(
      exitCodes.usage,
      `${flag} "${text}" mixes addresses with https:// and without. Use one form for all.`,
    );
  }
  const tls = tlsFiles(options);
  return {
    address,
    deadlineMs: options.timeout,
    ...(Object.keys(tls).length > 0 || schemes.has("https") ? { tls } : {}),
  };
}

/** Reads the certificate files. Any of them turns TLS on. */
function tlsFiles({
  tlsCa,
  tlsCert,
  tlsKey,
}: ConnectionOptions): NonNullable<ConnectOptions["tls"]> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new Failure(exitCodes.usage, "--tls-cert and --tls-key must be given together.");
  }
  return given({
    ca: tlsCa === undefined ? undefined : fileContent("--tls-ca", tlsCa),
    cert: tlsCert === undefined ? undefined : fileContent("--tls-cert", tlsCert),
    key: tlsKey === undefined ? undefined : fileContent("--tls-key", tlsKey),
  });
}

/**
 * Reads a secret from the environment or from a file. There is no flag for it, because everyone on the machine
 * can see flags.
 */
export function secret(
  shell: Shell,
  variable: string,
  file: string | undefined,
): string | undefined {
  // The variable takes precedence, as the help of the flag says.
  if (shell.env[variable] !== undefined || file === undefined) return shell.env[variable];
  const text = fileContent(`${variable}_FILE`, file).toString("utf8").trim();
  if (text !== "") return text;
  throw new Failure(exitCodes.usage, `${file} is empty. Write the value of ${variable} into it.`);
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
