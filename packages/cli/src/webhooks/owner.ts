import type { Webhooks } from "@millrace/client";
import type { Command } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import type { Shell } from "../shell.ts";
import { operatorOptions, withAdmin } from "../with-admin.ts";
import { callerOptions, withMillrace } from "../with-millrace.ts";

/** Whose endpoints the commands are about. */
export interface WebhookOwner {
  /** The name of the group of commands. */
  readonly group: "webhooks" | "operator-webhooks";
  /** As in "sends ... to its URL". */
  readonly what: string;
  /** As in "Lists ... endpoints". */
  readonly whose: string;
  /** The flags of an example that sends some events only. */
  readonly example: string;
  /** Adds the flags of the connection. */
  options(command: Command): Command;
  /** Runs a command. `options` are what these flags became. */
  run(
    shell: Shell,
    options: ConnectionOptions,
    work: (calls: Webhooks) => Promise<void>,
  ): Promise<void>;
}

export const ofCaller: WebhookOwner = {
  group: "webhooks",
  what: "the ends of the API key's jobs and groups",
  whose: "the API key's",
  example: "--events job.failed,job.expired",
  options: callerOptions,
  run: (shell, options, work) =>
    withMillrace(shell, options as never, ({ webhooks }) => work(webhooks)),
};

export const ofOperators: WebhookOwner = {
  group: "operator-webhooks",
  what: "jobs that have failed for good, of all API keys,",
  whose: "operators'",
  example: "--queues documents,mail",
  options: operatorOptions,
  run: (shell, options, work) =>
    withAdmin(shell, options as never, ({ webhooks }) => work(webhooks)),
};
