import { type Admin, connectAdmin } from "@millrace/client/admin";
import { type Command, Option } from "commander";
import { callFailure } from "./call-failure.ts";
import {
  type ConnectionOptions,
  connectionOptions,
  connectTo,
  secret,
} from "./connection-options.ts";
import { listenerAt } from "./listener-at.ts";
import type { Shell } from "./shell.ts";

export interface OperatorOptions extends ConnectionOptions {
  readonly adminAddress: string;
  readonly adminTokenFile?: string;
}

/** Adds the flags of a command that calls a scheduler as an operator. */
export const operatorOptions = (command: Command): Command =>
  connectionOptions(
    command
      .addOption(
        new Option("--admin-address <host:port>", "the scheduler's listener for operators")
          .env("MILLRACE_ADMIN_ADDRESS")
          .default("127.0.0.1:7075"),
      )
      .addOption(
        new Option(
          "--admin-token-file <file>",
          "a file with the admin token, if MILLRACE_ADMIN_TOKEN is not set",
        ).env("MILLRACE_ADMIN_TOKEN_FILE"),
      ),
  );

/** Runs a command as an operator. Failed calls are thrown as a Failure. */
export async function withAdmin(
  shell: Shell,
  options: OperatorOptions,
  work: (admin: Admin) => Promise<void>,
): Promise<void> {
  // The variable of the scheduler's own environment may hold several tokens, separated by commas, with roles.
  const [first] = secret(shell, "MILLRACE_ADMIN_TOKEN", options.adminTokenFile)?.split(",") ?? [];
  const token = first?.replace(/;role=.*$/s, "");
  const target = connectTo("--admin-address", options.adminAddress, options);
  const admin = connectAdmin({ token, ...target });
  try {
    await work(admin);
  } catch (error) {
    throw await callFailure(error, {
      what: "a scheduler's listener for operators",
      address: options.adminAddress,
      setting: "MILLRACE_ADMIN_ADDRESS or --admin-address",
      secret: "MILLRACE_ADMIN_TOKEN",
      interrupted: shell.interrupted,
      listener: () => listenerAt(target),
    });
  } finally {
    admin.close();
  }
}
