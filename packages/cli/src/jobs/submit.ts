import type { Millrace, NewJob } from "@millrace/client";
import { JobSpecSchema, RetryPolicySchema } from "@millrace/proto/job";
import { type Command, Option } from "commander";
import { type CallbackOptions, callbackOf, callbackOptions } from "../callback-options.ts";
import { uploadFile } from "../documents/upload.ts";
import { amount } from "../dollars.ts";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { fieldNumber } from "../field-numbers.ts";
import { given } from "../given.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { duration, jsonObject, labels, repeated, time } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { follow, followedBy } from "./follow.ts";
import { quoteText } from "./quote-text.ts";

interface Options extends CallerOptions, CallbackOptions {
  readonly queue: string;
  readonly document?: readonly string[];
  readonly documentId?: readonly string[];
  readonly priority?: number;
  readonly pool?: string;
  readonly model?: string;
  readonly estimatedTokens?: number;
  readonly idempotencyKey?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly runAt?: Date;
  readonly expiresAt?: Date;
  readonly deadline?: Date;
  readonly maxCost?: number;
  readonly refuseLate?: boolean;
  readonly maxAttempts?: number;
  readonly initialBackoff?: number;
  readonly maxBackoff?: number;
  readonly dedupKey?: string;
  readonly throttle?: number;
  readonly debounce?: number;
  readonly group?: string;
  readonly wait?: boolean;
  readonly watch?: boolean;
  readonly quote?: boolean;
}

export function submitCommand(program: Command, shell: Shell): void {
  const when = time(shell.clock);
  const command = program
    .command("submit")
    .summary("submit a job")
    .description("Submits a job and prints its id once it is durable.")
    .argument("<type>", "the job type, which chooses the executor: for example summarize or chat")
    .argument(
      "[payload]",
      "the input: a JSON object, @FILE with one, or @- for standard input",
      jsonObject,
    )
    .option("--queue <name>", "the queue", "documents")
    .option("--document <file>", "upload this file for the job; may be repeated", repeated)
    .option("--document-id <id>", "use a document uploaded before; may be repeated", repeated)
    .option(
      "--priority <1-100>",
      "1 is the most urgent; default 50",
      fieldNumber(JobSpecSchema.field.priority),
    )
    .addOption(
      new Option(
        "--pool <name>",
        "the capability or provider account that the job needs",
      ).conflicts("model"),
    )
    .option("--model <name>", "the model that the job needs, as the catalogue names it")
    .option(
      "--estimated-tokens <count>",
      "how many tokens an attempt will spend",
      fieldNumber(JobSpecSchema.field.estimatedTokens),
    )
    .option("--idempotency-key <key>", "the same key and content return the existing job")
    .option("--label <name=value>", "a label to filter lists by; may be repeated", labels)
    .option("--run-at <time>", "the earliest start: 2027-01-31T08:00:00Z, or +10m", when)
    .option("--expires-at <time>", "the latest start", when)
    .option("--deadline <time>", "the latest finish", when)
    .option("--max-cost <dollars>", "refuse the job if it may cost more, for example 0.25", amount)
    .option("--refuse-late", "refuse the job if it would probably miss its deadline")
    .option(
      "--max-attempts <count>",
      "how many attempts in all; default: the queue's",
      fieldNumber(RetryPolicySchema.field.maxAttempts),
    )
    .option("--initial-backoff <duration>", "the wait before the second attempt", duration)
    .option("--max-backoff <duration>", "the longest wait between attempts", duration)
    .option("--dedup-key <key>", "the deduplication key, with --throttle or --debounce")
    .addOption(
      new Option("--throttle <duration>", "for this long, further jobs return this job")
        .argParser(duration)
        .conflicts("debounce"),
    )
    .option("--debounce <duration>", "wait this long; a further job replaces this job", duration)
    .option("--group <id>", "the open group that the job joins")
    .addOption(
      new Option("--wait", "wait for the job's end and print the result").conflicts("watch"),
    )
    .option("--watch", "print the job's text as it comes")
    .addOption(
      new Option(
        "--quote",
        "submit nothing: print what the job would spend, and when it would run",
      ).conflicts(["wait", "watch"]),
    )
    .action((type: string, payload: object | undefined, options: Options) => {
      const { throttle, debounce, dedupKey } = options;
      if ((dedupKey === undefined) !== (throttle === undefined && debounce === undefined)) {
        throw new Failure(
          exitCodes.usage,
          "--dedup-key must be given together with --throttle or --debounce.",
        );
      }
      return withMillrace(shell, options, (millrace) =>
        submit(shell, millrace, type, payload, options),
      );
    })
    .addHelpText(
      "after",
      `
Examples:
  $ millrace submit summarize --document report.pdf --watch
  $ millrace submit chat '{"messages":[{"role":"user","content":"Why is the sea salt?"}]}' --wait
  $ millrace submit chat @chat.json --model gpt-5 --wait
  $ millrace submit summarize --document report.pdf --model gpt-5 --quote
  $ millrace submit summarize @input.json --priority 80 --run-at +1h --label customer=acme
  $ id=$(millrace submit chat @chat.json) && millrace watch "$id"`,
    );
  callerOptions(callbackOptions(command, "job"));
}

async function submit(
  shell: Shell,
  millrace: Millrace,
  type: string,
  payload: object | undefined,
  options: Options,
): Promise<void> {
  const documentIds = [...(options.documentId ?? [])];
  for (const file of options.document ?? []) {
    documentIds.push((await uploadFile(shell, millrace, file)).id);
  }
  const job = newJob(type, payload, documentIds, options);
  if (options.quote) {
    const quote = await millrace.quote([job], { signal: shell.interrupted });
    if (options.json) writeJson(shell, quote);
    else writeText(shell, quoteText(quote));
    return;
  }
  const { jobId, existing } = await millrace.submit(job);
  const { wait = false, watch = false, json = false } = options;
  if (!wait && !watch) {
    if (json) return writeJson(shell, { jobId, existing });
    writeText(shell, jobId);
    if (existing)
      note(shell, "The job existed already: its idempotency key or --dedup-key matched.");
    return;
  }
  note(shell, existing ? `${jobId} (existed already)` : jobId);
  await follow(shell, followedBy(millrace), jobId, { fromOffset: 0, json, stream: watch });
}

function newJob(
  type: string,
  payload: object | undefined,
  documentIds: readonly string[],
  options: Options,
): NewJob {
  const { queue, priority, idempotencyKey, pool, model, estimatedTokens } = options;
  const { runAt, expiresAt, deadline } = options;
  const retry = given({
    maxAttempts: options.maxAttempts,
    initialBackoffMs: options.initialBackoff,
    maxBackoffMs: options.maxBackoff,
  });
  return {
    queue,
    type,
    documentIds,
    ...given({ payload, priority, idempotencyKey, pool, model, estimatedTokens }),
    ...given({ labels: options.label }),
    ...given({
      groupId: options.group,
      callback: callbackOf(options),
      runAt,
      expiresAt,
      deadline,
      maxCostMicros: options.maxCost,
      refuseLate: options.refuseLate,
      deduplication: deduplicationOf(options),
    }),
    ...(Object.keys(retry).length === 0 ? {} : { retry }),
  };
}

function deduplicationOf({ dedupKey: key, throttle, debounce }: Options): NewJob["deduplication"] {
  if (key === undefined) return undefined;
  if (throttle !== undefined) return { key, throttleMs: throttle };
  return debounce === undefined ? undefined : { key, debounceMs: debounce };
}
