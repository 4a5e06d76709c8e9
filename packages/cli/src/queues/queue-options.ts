import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { BandWeightsSchema, type Queue, QueueSchema } from "@millrace/proto/admin-service";
import { RetryPolicySchema } from "@millrace/proto/job";
import { type Command, InvalidArgumentError } from "commander";
import { given } from "../given.ts";
import { duration, list, wholeNumber } from "../values.ts";

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
      "Redis slots that it is spread over; fixed at creation",
      wholeNumber,
    )
    .option("--types <types>", `job types that it takes, by commas; "${ANY}": all`, types)
    .option("--max-depth-per-key <count>", "jobs of one key that may wait", wholeNumber)
    .option(
      "--max-priority <1-100>",
      "the most urgent priority of keys whose budget does not say; 1: no bound",
      wholeNumber,
    )
    .option("--max-stalls <count>", "how often a job may lose its worker", wholeNumber)
    .option("--retain-succeeded <duration>", "how long jobs that succeeded are kept", duration)
    .option("--retain-failed <duration>", "how long other finished jobs are kept", duration)
    .option("--retain-dead-letters <duration>", "how long dead letters are kept", duration)
    .option("--retain-count <count>", "finished jobs of each kind that a shard keeps", wholeNumber)
    .option("--band-weights <i:s:b>", "shares of interactive, standard and batch jobs", weights)
    .option("--max-attempts <count>", "attempts in all, for jobs that do not say", wholeNumber)
    .option(
      "--initial-backoff <duration>",
      "the wait before the second attempt, likewise",
      duration,
    )
    .option("--max-backoff <duration>", "the longest wait, likewise", duration)
    .option("--max-bounces <count>", "refusals by a provider that spend no attempt", wholeNumber)
    .option("--default-estimated-tokens <count>", "of a job that nothing is known of", wholeNumber);

const types = (text: string): string[] => (text === ANY ? [] : list(text));

function weights(text: string): MessageInitShape<typeof BandWeightsSchema> {
  const [, interactive, standard, batch] = /^(\d{1,9}):(\d{1,9}):(\d{1,9})$/.exec(text) ?? [];
  if (interactive === undefined) {
    throw new InvalidArgumentError("It is three whole numbers, for example 16:4:1.");
  }
  return { interactive: Number(interactive), standard: Number(standard), batch: Number(batch) };
}

const durations = (options: Readonly<Record<string, number | undefined>>) =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, ms]) =>
      ms === undefined ? [] : [[name, durationFromMs(ms)]],
    ),
  );

/** A queue with what flags say of it, the rest as it was. */
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
