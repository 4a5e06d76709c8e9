import type { Millrace, NewJob } from "@millrace/client";
import { type Command, Option } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { given } from "../given.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { statusLine } from "../status-line.ts";
import { duration, jsonObject, labels, repeated, time, wholeNumber } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { follow, followedBy } from "./follow.ts";

interface Options extends CallerOptions {
  readonly queue: string;
  readonly document?: readonly string[];
  readonly documentId?: readonly string[];
  readonly priority?: number;
  readonly pool?: string;
  readonly estimatedTokens?: number;
  readonly idempotencyKey?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly runAt?: Date;
  readonly expiresAt?: Date;
  readonly deadline?: Date;
  readonly maxAttempts?: number;
  readonly initialBackoff?: number;
  readonly maxBackoff?: number;
  readonly dedupKey?: string;
  readonly throttle?: number;
  readonly debounce?: number;
  readonly group?: string;
  readonly wait?: boolean;
  readonly watch?: boolean;
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
    .option("--priority <1-100>", "1 is the most urgent; default 50", wholeNumber)
    .option("--pool <name>", "the capability or provider account that the job needs")
    .option("--estimated-tokens <count>", "how many tokens an attempt will spend", wholeNumber)
    .option("--idempotency-key <key>", "the same key and content return the existing job")
    .option("--label <name=value>", "a label to filter lists by; may be repeated", labels)
    .option("--run-at <time>", "the earliest start: 2027-01-31T08:00:00Z, or +10m", when)
    .option("--expires-at <time>", "the latest start", when)
    .option("--deadline <time>", "the latest finish", when)
    .option("--max-attempts <count>", "how many attempts in all; default: the queue's", wholeNumber)
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
  $ millrace submit summarize @input.json --priority 80 --run-at +1h --label customer=acme
  $ id=$(millrace submit chat @chat.json) && millrace watch "$id"`,
    );
  callerOptions(command);
}

async function submit(
  shell: Shell,
  millrace: Millrace,
  type: string,
  payload: object | undefined,
  options: Options,
): Promise<void> {
  const uploaded = await upload(shell, millrace, options.document ?? []);
  const documentIds = [...(options.documentId ?? []), ...uploaded];
  const job = newJob(type, payload, documentIds, options);
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

async function upload(
  shell: Shell,
  millrace: Millrace,
  files: readonly string[],
): Promise<string[]> {
  const status = statusLine(shell.err);
  const ids: string[] = [];
  for (const file of files) {
    status.show(`uploading ${file} …`);
    try {
      ids.push((await millrace.uploadDocument(file, { signal: shell.interrupted })).id);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // An error of the file system has a code such as ENOENT. Errors of Millrace are MillraceErrors.
      if (error instanceof Error && error.name !== "MillraceError" && code !== undefined) {
        throw new Failure(exitCodes.usage, `${file} cannot be read: ${message}`, error);
      }
      throw error;
    } finally {
      status.clear();
    }
  }
  return ids;
}

function newJob(
  type: string,
  payload: object | undefined,
  documentIds: readonly string[],
  options: Options,
): NewJob {
  const { queue, priority, idempotencyKey, pool, estimatedTokens, runAt, expiresAt, deadline } =
    options;
  const retry = given({
    maxAttempts: options.maxAttempts,
    initialBackoffMs: options.initialBackoff,
    maxBackoffMs: options.maxBackoff,
  });
  return {
    queue,
    type,
    documentIds,
    ...given({ payload, priority, idempotencyKey, pool, estimatedTokens, labels: options.label }),
    ...given({
      groupId: options.group,
      runAt,
      expiresAt,
      deadline,
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
