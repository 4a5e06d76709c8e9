import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type DeadLetterFilter, DeadLetterFilterSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { given } from "../given.ts";
import type { Shell } from "../shell.ts";
import { repeated, time } from "../values.ts";

export interface FilterOptions {
  readonly queue: string;
  readonly job?: readonly string[];
  readonly key?: string;
  readonly type?: string;
  readonly reason?: string;
  readonly since?: Date;
  readonly before?: Date;
}

export const filterOptions = (command: Command, shell: Shell): Command =>
  command
    .option("--queue <name>", "the queue", "documents")
    .option("--job <job-id>", "only this job; may be repeated", repeated)
    .option("--key <key-id>", "only jobs of this API key")
    .option("--type <type>", "only jobs of this type")
    .option("--reason <reason>", "only jobs that failed for this reason")
    .option(
      "--since <time>",
      "only jobs that failed for good at this time or later",
      time(shell.clock),
    )
    .option(
      "--before <time>",
      "only jobs that failed for good before this time",
      time(shell.clock),
    );

export const filterOf = (options: FilterOptions): DeadLetterFilter =>
  create(DeadLetterFilterSchema, {
    queue: options.queue,
    ...given({ keyId: options.key, type: options.type, reason: options.reason }),
    jobIds: [...(options.job ?? [])],
    ...given({
      deadSince: options.since && timestampFromDate(options.since),
      deadBefore: options.before && timestampFromDate(options.before),
    }),
  });
