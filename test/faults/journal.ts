/**
 * A journal records everything that Millrace told a caller, and checks that it is consistent. The picture is a
 * diary: the caller writes down what it was told when it was told, and never changes an entry. At the end, the
 * test compares the entries with one another and with what a late reader is told.
 *
 * These rules must hold:
 * - Every acknowledged job has one final state, which is the same for every reader at every time.
 * - The job's output arrived without a gap or a repeat, even if connections were cut. A late reader gets the same
 *   output.
 * - The job's result belongs to the attempt whose output came last.
 * - There is no job that was never acknowledged to a caller.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { type Job, type JobSpecSchema, JobState, type OutputChunk } from "@millrace/proto/job";
import { RpcFault } from "@millrace/runtime";
import { sleep, systemClock } from "@millrace/shared";
import { Heard } from "./heard.ts";
import type { Caller } from "./setup.ts";

export type Spec = MessageInitShape<typeof JobSpecSchema>;

/** Everything that the journal knows about one job. */
export interface Record {
  readonly jobId: string;
  /** The chunks in the order in which they arrived. */
  readonly output: Heard<OutputChunk>;
  /** Each state that a watch of the job reported. */
  readonly states: Heard<JobState>;
  /** The finished job, once for each time that it was reported. */
  readonly ends: Job[];
}

const finals = [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED];
export const isFinal = (state: JobState): boolean => finals.includes(state);

/**
 * Whether the failure may be a broken connection, so that the call is repeated. Millrace itself reports
 * UNAVAILABLE if a repeat may help.
 */
const isTransient = (error: unknown): error is RpcFault =>
  error instanceof RpcFault &&
  (error.code === status.UNAVAILABLE ||
    (error.reason === undefined &&
      [status.INTERNAL, status.UNKNOWN, status.CANCELLED].includes(error.code)));

/** How long a caller waits before it repeats a call. */
const PAUSE_MS = 50;
/** How many calls of one kind run at the same time. */
const AT_ONCE = 64;

export class Journal {
  readonly records = new Map<string, Record>();
  /** The failures of calls that were repeated. */
  readonly faults = new Heard<RpcFault>();
  readonly #caller: Caller;
  #submitted = 0;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Submits a job, and repeats the call until it is acknowledged. */
  async submit(spec: Spec): Promise<string> {
    this.#submitted += 1;
    const idempotencyKey = `job-${this.#submitted}`;
    const { job } = await this.#retryTransient(() =>
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

  recordOf(jobId: string): Record {
    const record = this.records.get(jobId);
    if (record === undefined) throw new Error(`the journal has no job ${jobId}`);
    return record;
  }

  /** Follows a job to its end, even if connections are cut. */
  async follow(jobId: string): Promise<Job> {
    const { output, states, ends } = this.recordOf(jobId);
    await this.#retryTransient(async () => {
      const fromOffset = BigInt(output.items.length);
      for await (const { event } of this.#caller.jobs.watchJob({ jobId, fromOffset })) {
        if (event.case === "chunks") for (const chunk of event.value.chunks) output.add(chunk);
        if (event.case !== "job") continue;
        states.add(event.value.state);
        if (isFinal(event.value.state)) ends.push(event.value);
      }
    });
    const end = ends.at(-1);
    if (end === undefined) throw new Error(`the watch of ${jobId} ended before the job did`);
    return end;
  }

  /** Resolves once a chunk of the output contains `text`. The chunk may have arrived already. */
  async text(jobId: string, text: string): Promise<void> {
    await this.recordOf(jobId).output.until(
      ({ content }) => content.case === "text" && content.value.includes(text),
    );
  }

  /** Returns all violations, compared with what a late reader is told. Every job must have been followed to its end. */
  async violations(queue: string): Promise<string[]> {
    const listed = await this.#list(queue);
    const found = [...this.records.keys()]
      .filter((id) => !listed.has(id))
      .map((id) => `lost: ${id}`);
    for (const [id, { groupId }] of listed) {
      // Workers hand over the children of a fan-out, so no caller knows their ids.
      if (!this.records.has(id) && groupId === "") found.push(`never acknowledged: ${id}`);
    }
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

  async #retryTransient<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!isTransient(error)) throw error;
        this.faults.add(error);
        await sleep(systemClock, PAUSE_MS);
      }
    }
  }
}

/** Returns the violations of one job. `late` is the job as a late reader sees it. */
export function violationsOf(
  record: Record,
  late: Job,
  lateOutput: readonly OutputChunk[],
): string[] {
  const found: string[] = [];
  const expectThat = (holds: boolean, violation: string) => {
    if (!holds) found.push(`${record.jobId}: ${violation}`);
  };
  const [end, ...others] = record.ends;
  expectThat(end !== undefined, "no end was reported");
  for (const other of [...others, late]) {
    expectThat(
      end === undefined || same(end, other),
      `finished twice: ${endText(end)}, ${endText(other)}`,
    );
  }
  const seen = record.output.items;
  seen.forEach((chunk, i) => {
    expectThat(chunk.offset === BigInt(i), `chunk ${i} came with offset ${chunk.offset}`);
  });
  expectThat(
    late.outputOffset === BigInt(seen.length),
    `${late.outputOffset} chunks, ${seen.length} seen`,
  );
  expectThat(textOf(seen) === textOf(lateOutput), "a late reader got other output");
  const attempts = seen.map(({ attempt }) => attempt);
  expectThat(
    attempts.every((attempt, i) => attempt >= (attempts[i - 1] ?? 1)),
    `the output of attempts is mixed: ${attempts.join()}`,
  );
  const result = resultOf(late);
  if (result !== undefined) {
    expectThat(result === lastText(seen), `result ${result}, last output ${lastText(seen)}`);
  }
  return found;
}

const endText = (job: Job | undefined) =>
  job && [JobState[job.state], job.attempt, job.resultJson, job.failure?.reason].join(" ");

const same = (one: Job, other: Job) => endText(one) === endText(other);

const textOf = (chunks: readonly OutputChunk[]): string =>
  chunks
    .map(({ offset, content }) => `${offset}:${content.case}:${String(content.value)}`)
    .join("\n");

/** Returns the text of the attempt that wrote last. */
export function lastText(chunks: readonly OutputChunk[]): string {
  const from = chunks.findLastIndex(({ content }) => content.case === "reset") + 1;
  return chunks
    .slice(from)
    .map(({ content }) => (content.case === "text" ? content.value : ""))
    .join("");
}

/** Returns the text in a job's result, if it has one. */
function resultOf({ state, resultJson }: Job): string | undefined {
  if (state !== JobState.SUCCEEDED) return undefined;
  const result = JSON.parse(resultJson) as { text?: string } | null;
  return result?.text;
}
