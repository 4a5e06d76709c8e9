import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { JobState } from "@millrace/client";
import { type JobFilter, JobFilterSchema } from "@millrace/proto/admin-job";
import { JobState as StateMessage } from "@millrace/proto/job";
import type { Command } from "commander";
import { given } from "../given.ts";
import { states } from "../jobs/list.ts";
import type { Shell } from "../shell.ts";
import { label, time } from "../values.ts";

export interface JobFilterOptions {
  readonly queue: string;
  readonly key?: string;
  readonly state?: readonly JobState[];
  readonly type?: string;
  readonly label?: [name: string, value: string];
  readonly since?: Date;
  readonly before?: Date;
}

export const jobFilterOptions = (command: Command, shell: Shell): Command =>
  command
    .option("--queue <name>", "the queue", "documents")
    .option("--key <key-id>", "only jobs of this API key")
    .option("--state <states>", "only jobs in these states, separated by commas", states)
    .option("--type <type>", "only jobs of this type")
    .option("--label <name=value>", "only jobs with this label", label)
    .option(
      "--since <time>",
      "only jobs that were submitted at this time or later",
      time(shell.clock),
    )
    .option("--before <time>", "only jobs that were submitted before this time", time(shell.clock));

export const jobFilterOf = (options: JobFilterOptions): JobFilter =>
  create(JobFilterSchema, {
    queue: options.queue,
    states: (options.state ?? []).map((state) => StateMessage[state]),
    ...given({
      ...{ keyId: options.key, type: options.type, label: options.label?.join("=") },
      submittedSince: options.since && timestampFromDate(options.since),
      submittedBefore: options.before && timestampFromDate(options.before),
    }),
  });
