import type { Callback } from "@millrace/client";
import type { Command } from "commander";
import { exitCodes } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { given } from "./given.ts";
import { list } from "./values.ts";

export interface CallbackOptions {
  readonly callbackUrl?: string;
  readonly callbackEvents?: readonly string[];
  readonly callbackResult?: boolean;
}

/** Adds the flags for the callback of a job or group. */
export const callbackOptions = (command: Command, what: "job" | "group"): Command =>
  command
    .option("--callback-url <url>", `send the ${what}'s end to this URL, signed`)
    .option("--callback-events <types>", "only these types of events, separated by commas", list)
    .option("--callback-result", "send the result too, if it is short");

/** The callback that the flags describe. Throws a Failure if it has no URL. */
export function callbackOf(options: CallbackOptions): Callback | undefined {
  const { callbackUrl: url, callbackEvents: eventTypes, callbackResult: includeResult } = options;
  if (url !== undefined) return { url, ...given({ eventTypes, includeResult }) };
  if (eventTypes === undefined && includeResult === undefined) return undefined;
  throw new Failure(
    exitCodes.usage,
    "--callback-events and --callback-result need --callback-url: where events are sent.",
  );
}
