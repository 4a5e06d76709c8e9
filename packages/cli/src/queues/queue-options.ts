import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { BandWeightsSchema, type Queue, QueueSchema } from "@millrace/proto/admin-service";
import { RetryPolicySchema } from "@millrace/proto/job";
import { type Command, InvalidArgumentError } from "commander";
import { fieldNumber } from "../field-numbers.ts";
import { given } from "../given.ts";
import { duration, list } from "../values.ts";

export interface QueueOptions {
  readonly shards?: number;
  readonly types?: readonly string[];
  readonly maxDepthPerKey?: number;
  readonly maxPriority?: number;
  readonly maxStalls?: number;
  readonly retainSucceeded?: number;
  readonly retainFailed?: number;
  readonly retainDeadLetters?: number;
  readonly retainCount?: number;
  readonly bandWeights?: MessageInitShape<typeof BandWeightsSchema>;
  readonly maxAttempts?: number;
  readonly initialBackoff?: number;
  readonly maxBackoff?: number;
  readonly maxBounces?: number;
  readonly defaultEstimatedTokens?: number;
}

const ANY = "any";

export const queueOptions = (command: Command): Command =>
  command
    .option(
      "--shards <count>",
      "the number of Redis slots that hold the queue; fixed at creation",
      fieldNumber(QueueSchema.field.shards),
    )
    .option(
      "--types <types>",
      `the job types that it takes, separated by commas; "${ANY}" for all`,
      types,
    )
    .option(
      "--max-depth-per-key <count>",
      "jobs of one key that may wait",
      fieldNumber(QueueSchema.field.maxDepthPerKey),
    )
    .option(
      "--max-priority <1-100>",
      "the most urgent priority for keys whose budget sets none; 1 sets no limit",
      fieldNumber(QueueSchema.field.maxPriority),
    )
    .option(
      "--max-stalls <count>",
      "how often a job may lose its worker",
      fieldNumber(QueueSchema.field.maxStalls),
    )
    .option("--retain-succeeded <duration>", "how long jobs that succeeded are kept", duration)
    .option("--retain-failed <duration>", "how long other finished jobs are kept", duration)
    .option("--retain-dead-letters <duration>", "how long dead letters are kept", duration)
    .option(
      "--retain-count <count>",
      "finished jobs of each kind that a shard keeps",
      fieldNumber(QueueSchema.field.retainCount),
    )
    .option("--band-weights <i:s:b>", "shares of interactive, standard and batch jobs", weights)
    .option(
      "--max-attempts <count>",
      "how many attempts in all, for jobs that do not set it",
      fieldNumber(RetryPolicySchema.field.maxAttempts),
    )
    .option(
      "--initial-backoff <duration>",
      "the wait before the second attempt, for jobs that do not set it",
      duration,
    )
    .option("--max-backoff <duration>", "the longest wait, for jobs that do not set it", duration)
    .option(
      "--max-bounces <count>",
      "refusals by a provider that spend no attempt",
      fieldNumber(QueueSchema.field.maxBounces),
    )
    .option(
      "--default-estimated-tokens <count>",
      "the estimate for a job without any",
      fieldNumber(QueueSchema.field.defaultEstimatedTokens),
    );

const types = (text: string): string[] => (text === ANY ? [] : list(text));

function weights(text: string): MessageInitShape<typeof BandWeightsSchema> {
  const [, interactive, standard, batch] = /^(\d{1,9}):(\d{1,9}):(\d{1,9})$/.exec(text) ?? [];
  if (interactive === undefined) {
    throw new InvalidArgumentError("It must be three whole numbers, for example 16:4:1.");
  }
  return { interactive: Number(interactive), standard: Number(standard), batch: Number(batch) };
}

const durations = (options: Readonly<Record<string, number | undefined>>) =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, ms]) =>
      ms === undefined ? [] : [[name, durationFromMs(ms)]],
    ),
  );

/** Returns the queue with the values that flags give. The rest stays as it was. */
export function changedQueue(
  name: string,
  before: Queue | undefined,
  options: QueueOptions,
): Queue {
  const { shards, maxDepthPerKey, maxPriority, maxStalls, retainCount, maxBounces } = options;
  const { defaultEstimatedTokens } = options;
  const { retainSucceeded, retainFailed, retainDeadLetters, types, bandWeights } = options;
  const { maxAttempts, initialBackoff, maxBackoff } = options;
  const retry = clone(RetryPolicySchema, before?.defaultRetry ?? create(RetryPolicySchema));
  const queue = clone(QueueSchema, before ?? create(QueueSchema, { name }));
  return Object.assign(queue, {
    ...given({
      shards,
      maxDepthPerKey,
      maxPriority,
      maxStalls,
      retainCount,
      maxBounces,
      defaultEstimatedTokens,
    }),
    ...given({ types, bandWeights: bandWeights && create(BandWeightsSchema, bandWeights) }),
    ...durations({ retainSucceeded, retainFailed, retainDeadLetters }),
    defaultRetry: Object.assign(retry, {
      ...given({ maxAttempts }),
      ...durations({ initialBackoff, maxBackoff }),
    }),
  });
}
