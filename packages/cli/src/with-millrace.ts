import { connectMillrace, type Millrace } from "@millrace/client";
import { type Command, Option } from "commander";
import { callFailure } from "./call-failure.ts";
import {
  type ConnectionOptions,
  connectionOptions,
  connectTo,
  secret,
} from "./connection-options.ts";
import { exitCodes } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { listenerAt } from "./listener-at.ts";
import type { Shell } from "./shell.ts";

export interface CallerOptions extends ConnectionOptions {
  readonly address: string;
  readonly apiKeyFile?: string;
}

/** Adds the flags of a command that calls a gateway with an API key. */
export const callerOptions = (command: Command): Command =>
  connectionOptions(
    command
      .addOption(
        new Option(
          "--address <host:port>",
          "the gateway; https://host for TLS; several separated by commas",
        )
          .env("MILLRACE_ADDRESS")
          .default("127.0.0.1:7400"),
      )
      .addOption(
        new Option(
          "--api-key-file <file>",
          "a file with the API key, if MILLRACE_API_KEY is not set",
        ).env("MILLRACE_API_KEY_FILE"),
      ),
  );

/** Runs a command as a caller. Failed calls are thrown as a Failure. */
export async function withMillrace(
  shell: Shell,
  options: CallerOptions,
  work: (millrace: Millrace) => Promise<void>,
): Promise<void> {
  const apiKey = secret(shell, "MILLRACE_API_KEY", options.apiKeyFile);
  if (apiKey === undefined) {
    throw new Failure(
      exitCodes.notAllowed,
      "There is no API key. Set MILLRACE_API_KEY, or set MILLRACE_API_KEY_FILE to a file that holds it. `millrace keys create NAME` creates a key; `npm start` keeps one in .millrace/api-key.",
    );
  }
  const target = connectTo("--address", options.address, options);
  const millrace = connectMillrace({ apiKey, ...target });
  try {
    await work(millrace);
  } catch (error) {
    throw await callFailure(error, {
      what: "the gateway",
      address: options.address,
      setting: "MILLRACE_ADDRESS or --address",
      secret: "MILLRACE_API_KEY",
      interrupted: shell.interrupted,
      listener: () => listenerAt(target),
    });
  } finally {
    await millrace.close();
  }
}
