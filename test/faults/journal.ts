/**
 * All that callers were told, and whether it holds together: every job that was acknowledged has one
 * final state, the same for whoever asks and whenever; its output came without a gap or a repeat across
 * all cuts, and is what a reader who comes late is given; its result is of the attempt that the output
 * shows last; and there is no job that nobody was told of.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { type Job, type JobSpecSchema, JobState, type OutputChunk } from "@millrace/proto/job";
import { RpcFault } from "@millrace/runtime";
import { sleep, systemClock } from "@millrace/shared";
import { Heard } from "./heard.ts";
import type { Caller } from "./setup.ts";

export type Spec = MessageInitShape<typeof JobSpecSchema>;

/** What is known of one job. */
export interface Record {
  readonly jobId: string;
  /** In the order in which they came. */
  readonly output: Heard<OutputChunk>;
  /** Each state that its followers were told of. */
  readonly states: Heard<JobState>;
  /** The job, as often as it was seen to have finished. */
  readonly ends: Job[];
}

const finals = [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED];
export const isFinal = (state: JobState): boolean => finals.includes(state);

/** What a broken connection may look like; Millrace itself says UNAVAILABLE when asking again may help. */
const passes = (error: unknown): error is RpcFault =>
  error instanceof RpcFault &&
  (error.code === status.UNAVAILABLE ||
    (error.reason === undefined &&
      [status.INTERNAL, status.UNKNOWN, status.CANCELLED].includes(error.code)));

/** A caller backs off. */
const PAUSE_MS = 50;
/** How many calls of one kind are under way at once. */
const AT_ONCE = 64;

export class Journal {
  readonly records = new Map<string, Record>();
  /** The faults that callers got and that passed. */
  readonly faults = new Heard<RpcFault>();
  readonly #caller: Caller;
  #submitted = 0;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Submits until it is acknowledged, as often as it takes. */
  async submit(spec: Spec): Promise<string> {
    this.#submitted += 1;
    const idempotencyKey = `job-${this.#submitted}`;
    const { job } = await this.#passing(() =>
      this.#caller.jobs.submitJob({ job: { idempotencyKey, ...spec } }),
    );
    const jobId = job?.id ?? "";
    const record = {
      jobId,
      output: new Heard<OutputChunk>(),
      states: new Heard<JobState>(),
      ends: [],
    };
    if (!this.records.has(jobId)) this.records.set(jobId, record);
    return jobId;
  }

  of(jobId: string): Record {
    const record = this.records.get(jobId);
    if (record === undefined) throw new Error(`nobody was told of ${jobId}`);
    return record;
  }

  /** Follows a job to its end, across every cut. */
  async follow(jobId: string): Promise<Job> {
    const { output, states, ends } = this.of(jobId);
    await this.#passing(async () => {
      const fromOffset = BigInt(output.items.length);
      for await (const { event } of this.#caller.jobs.watchJob({ jobId, fromOffset })) {
        if (event.case === "chunks") for (const chunk of event.value.chunks) output.add(chunk);
        if (event.case !== "job") continue;
        states.add(event.value.state);
        if (isFinal(event.value.state)) ends.push(event.value);
      }
    });
    const end = ends.at(-1);
    if (end === undefined) throw new Error(`the watch of ${jobId} ended before its job`);
    return end;
  }

  /** The first text of the output that contains `text`, come already or to come. */
  async text(jobId: string, text: string): Promise<void> {
    await this.of(jobId).output.until(
      ({ content }) => content.case === "text" && content.value.includes(text),
    );
  }

  /** Compares all with what a caller who comes late is told. Every job has been followed to its end. */
  async violations(queue: string): Promise<string[]> {
    const listed = await this.#list(queue);
    const found = [...this.records.keys()]
      .filter((id) => !listed.has(id))
      .map((id) => `lost: ${id}`);
    for (const id of listed.keys())
      if (!this.records.has(id)) found.push(`nobody was told of: ${id}`);
    const records = [...this.records.values()];
    for (let from = 0; from < records.length; from += AT_ONCE) {
      const group = records.slice(from, from + AT_ONCE);
      const late = await Promise.all(group.map(({ jobId }) => this.#readLate(jobId)));
      group.forEach((record, i) => {
        const { job, output } = late[i] as { job: Job; output: OutputChunk[] };
        found.push(...violationsOf(record, job, output));
      });
    }
    return found;
  }

  async #list(queue: string): Promise<Map<string, Job>> {
    const listed = new Map<string, Job>();
    let pageToken = "";
    do {
      const page = await this.#caller.jobs.listJobs({ queue, pageSize: 500, pageToken });
      for (const job of page.jobs) listed.set(job.id, job);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return listed;
  }

  async #readLate(jobId: string) {
    const { job } = await this.#caller.jobs.getJob({ jobId });
    const output: OutputChunk[] = [];
    for await (const { event } of this.#caller.jobs.watchJob({ jobId })) {
      if (event.case === "chunks") output.push(...event.value.chunks);
    }
    return { job: job as Job, output };
  }

  async #passing<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!passes(error)) throw error;
        this.faults.add(error);
        await sleep(systemClock, PAUSE_MS);
      }
    }
  }
}

/** What does not hold of one job. `late`: as it is told to a reader who comes last. */
export function violationsOf(
  record: Record,
  late: Job,
  lateOutput: readonly OutputChunk[],
): string[] {
  const found: string[] = [];
  const hold = (is: boolean, what: string) => {
    if (!is) found.push(`${record.jobId}: ${what}`);
  };
  const [end, ...others] = record.ends;
  hold(end !== undefined, "nobody saw it finish");
  for (const other of [...others, late]) {
    hold(end === undefined || same(end, other), `finished twice: ${told(end)}, ${told(other)}`);
  }
  const seen = record.output.items;
  seen.forEach((chunk, i) => {
    hold(chunk.offset === BigInt(i), `chunk ${i} came with offset ${chunk.offset}`);
  });
  hold(
    late.outputOffset === BigInt(seen.length),
    `${late.outputOffset} chunks, ${seen.length} seen`,
  );
  hold(textOf(seen) === textOf(lateOutput), "output was another to a late reader");
  const attempts = seen.map(({ attempt }) => attempt);
  hold(
    attempts.every((attempt, i) => attempt >= (attempts[i - 1] ?? 1)),
    `attempts' output mixed: ${attempts.join()}`,
  );
  const result = resultOf(late);
  if (result !== undefined) {
    hold(result === lastText(seen), `result ${result}, last output ${lastText(seen)}`);
  }
  return found;
}

const told = (job: Job | undefined) =>
  job && [JobState[job.state], job.attempt, job.resultJson, job.error?.reason].join(" ");

const same = (one: Job, other: Job) => told(one) === told(other);

const textOf = (chunks: readonly OutputChunk[]): string =>
  chunks
    .map(({ offset, content }) => `${offset}:${content.case}:${String(content.value)}`)
    .join("\n");

/** The text of the attempt that wrote last. */
export function lastText(chunks: readonly OutputChunk[]): string {
  const from = chunks.findLastIndex(({ content }) => content.case === "reset") + 1;
  return chunks
    .slice(from)
    .map(({ content }) => (content.case === "text" ? content.value : ""))
    .join("");
}

/** The text in a result that has one. */
function resultOf({ state, resultJson }: Job): string | undefined {
  if (state !== JobState.SUCCEEDED) return undefined;
  const result = JSON.parse(resultJson) as { text?: string } | null;
  return result?.text;
}
