import { create } from "@bufbuild/protobuf";
import type { JobSpec } from "@millrace/proto/job";
import {
  type SubmitResult,
  type SubmitStreamJob,
  type SubmitStreamResult,
  SubmitStreamResultSchema,
} from "@millrace/proto/job-service";
import { RpcFault, rpcError } from "@millrace/runtime";
import { groupLength, limits } from "@millrace/shared";
import { refusedResult } from "../messages/refused-result.ts";
import type { Submitted } from "./submitter.ts";

/** Limits the answers per message. The weights are estimates: of a job id, or of an error with many violations. */
const answerLimits = {
  maxItems: limits.jobsPerSubmit,
  // The rest of the message is for finished jobs.
  maxWeight: limits.messageBytes / 3,
  weigh: ({ result }: SubmitStreamResult) => (result?.result.case === "error" ? 16_384 : 256),
};

const misplaced = (field: string, description: string): SubmitResult =>
  refusedResult(
    rpcError({
      reason: "MALFORMED",
      message: `${field}: ${description}`,
      violations: [{ field, description }],
    }),
  );

export interface StreamSubmissionsOptions {
  readonly submit: (specs: readonly JobSpec[]) => Promise<readonly Submitted[]>;
  readonly onAccepted: (jobIds: readonly string[]) => void;
  /** Called after each group, when there are answers or a failure. */
  readonly onAnswers: () => void;
}

/** The jobs of one SubmitStream that have no answer yet, and the answers that wait to be sent. */
export class StreamSubmissions {
  readonly #options: StreamSubmissionsOptions;
  readonly #open = new Set<bigint>();
  readonly #answers: SubmitStreamResult[] = [];
  #groups = 0;
  /** An error that belongs to no single job. The stream cannot go on after it. */
  failure: { readonly error: unknown } | undefined;

  constructor(options: StreamSubmissionsOptions) {
    this.#options = options;
  }

  /** Jobs whose answer has not been sent. */
  get unanswered(): number {
    return this.#open.size + this.#answers.length;
  }

  get hasAnswers(): boolean {
    return this.#answers.length > 0;
  }

  /** Whether some groups have no answer yet. */
  get isUnderWay(): boolean {
    return this.#groups > 0;
  }

  takeAnswers(): SubmitStreamResult[] {
    return this.#answers.splice(0, groupLength(this.#answers, 0, answerLimits));
  }

  /** Submits a group and does not wait for its answers. */
  add(jobs: readonly SubmitStreamJob[]): void {
    this.#groups += 1;
    void this.#submit(jobs.filter((job) => this.#admit(job)))
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.#groups -= 1;
        this.#options.onAnswers();
      });
  }

  fail(error: unknown): void {
    this.failure ??= { error };
  }

  #admit({ sequence, job }: SubmitStreamJob): boolean {
    if (this.#open.has(sequence)) {
      this.#answer(sequence, misplaced("sequence", "is in use by a job that has no answer yet"));
      return false;
    }
    if (job === undefined) {
      this.#answer(sequence, misplaced("job", "value is required"));
      return false;
    }
    this.#open.add(sequence);
    return true;
  }

  async #submit(jobs: readonly SubmitStreamJob[]): Promise<void> {
    const results = await this.#resultsOf(jobs.flatMap(({ job }) => job ?? []));
    const accepted: string[] = [];
    for (const [index, { sequence }] of jobs.entries()) {
      const result = results[index];
      if (result === undefined) throw new Error("the submitter returned no answer for a job");
      this.#open.delete(sequence);
      this.#answer(sequence, result);
      if (result.result.case === "jobId") accepted.push(result.result.value);
    }
    this.#options.onAccepted(accepted);
  }

  async #resultsOf(specs: readonly JobSpec[]): Promise<readonly SubmitResult[]> {
    try {
      return (await this.#options.submit(specs)).map(({ result }) => result);
    } catch (error) {
      // An unreachable scheduler concerns these jobs only; any other error ends the stream.
      if (!(error instanceof RpcFault)) throw error;
      const result = refusedResult(error);
      return specs.map(() => result);
    }
  }

  #answer(sequence: bigint, result: SubmitResult): void {
    this.#answers.push(create(SubmitStreamResultSchema, { sequence, result }));
  }
}
