import type { NewSchedule, OverlapPolicy, ScheduledJob } from "@millrace/client";
import { type Command, Option } from "commander";
import { given } from "../given.ts";
import { duration, jsonObject, labels, repeated, wholeNumber } from "../values.ts";
import type { CallerOptions } from "../with-millrace.ts";

/** The flags of a schedule's timing and of its job. */
export interface ScheduleOptions extends CallerOptions {
  readonly cron?: string;
  readonly every?: number;
  readonly timeZone?: string;
  readonly overlap?: OverlapPolicy;
  readonly catchUp?: number;
  readonly jitter?: number;
  readonly payload?: object;
  readonly documentId?: readonly string[];
  readonly priority?: number;
  readonly pool?: string;
  readonly model?: string;
  readonly estimatedTokens?: number;
  readonly label?: Readonly<Record<string, string>>;
  readonly maxAttempts?: number;
  readonly initialBackoff?: number;
  readonly maxBackoff?: number;
}

/** Adds the flags that creating and updating a schedule share. */
export const scheduleOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--cron <expression>", "five fields, or six that begin with the second").conflicts(
        "every",
      ),
    )
    .option("--every <duration>", "an interval: 1 s to 366 days", duration)
    .option("--time-zone <name>", "the zone of --cron, for example Europe/Berlin; default UTC")
    .addOption(
      new Option("--overlap <policy>", "while an earlier job has not ended; default skip").choices([
        ...["skip", "buffer_one", "allow_all"],
      ]),
    )
    .option("--catch-up <count>", "how many missed runs are made up for; default 1", wholeNumber)
    .option("--jitter <duration>", "submit up to this long after the due time", duration)
    .option("--payload <json>", "the job's input: a JSON object, @FILE or @-", jsonObject)
    .option("--document-id <id>", "a document of the job; may be repeated", repeated)
    .option("--priority <1-100>", "1 is the most urgent; default 50", wholeNumber)
    .option("--pool <name>", "what the job needs, such as openai/gpt-5")
    .option("--model <name>", "the model that the job needs, instead of a pool")
    .option("--estimated-tokens <count>", "what an attempt will spend", wholeNumber)
    .option("--label <name=value>", "a label of the jobs; may be repeated", labels)
    .option("--max-attempts <count>", "attempts, including the first", wholeNumber)
    .option("--initial-backoff <duration>", "the wait before the second attempt", duration)
    .option("--max-backoff <duration>", "the longest wait between attempts", duration);

export const timingOf = (options: ScheduleOptions): Partial<Omit<NewSchedule, "name" | "job">> =>
  given({
    ...{ cron: options.cron, intervalMs: options.every, timeZone: options.timeZone },
    ...{ overlap: options.overlap, catchUp: options.catchUp, jitterMs: options.jitter },
  });

export function jobOf(type: string, options: ScheduleOptions): Omit<ScheduledJob, "queue"> {
  const { payload, documentId: documentIds, priority, pool, model, estimatedTokens } = options;
  const retry = given({
    maxAttempts: options.maxAttempts,
    initialBackoffMs: options.initialBackoff,
    maxBackoffMs: options.maxBackoff,
  });
  return {
    type,
    ...given({ payload, documentIds, priority, pool, model, estimatedTokens }),
    ...given({ labels: options.label }),
    ...(Object.keys(retry).length === 0 ? {} : { retry }),
  };
}
