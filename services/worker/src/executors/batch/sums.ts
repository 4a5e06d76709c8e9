import type { BatchCost, BatchResult, BatchUsage } from "@millrace/job-types";
import type { EndedLine } from "./ended-lines.ts";
import type { Json } from "./request.ts";

const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null ? (value as Json) : {};
const countOf = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;

/** What the lines of a batch come to. */
export class Sums {
  total = 0;
  completed = 0;
  failed = 0;
  expired = 0;
  #input = 0;
  #cached = 0;
  #output = 0;
  #reasoning = 0;
  #all = 0;
  #costMicros: number | undefined;
  #unpriced = 0;
  #uncounted = 0;

  add({ jobId, cost, resultJson, error }: EndedLine): void {
    this.total += 1;
    if (jobId !== undefined) this.#addCost(cost);
    if (error?.kind === "expired") this.expired += 1;
    if (error?.kind === "answer" || error?.kind === "failed") this.failed += 1;
    if (resultJson === undefined) return;
    this.completed += 1;
    this.#addUsage(objectOf(objectOf(JSON.parse(resultJson)).usage));
  }

  #addCost(cost: EndedLine["cost"]): void {
    if (cost === undefined) this.#uncounted += 1;
    this.#unpriced += cost?.unpricedAttempts ?? 0;
    if (cost?.micros === undefined) return;
    this.#costMicros = Math.min((this.#costMicros ?? 0) + cost.micros, Number.MAX_SAFE_INTEGER);
  }

  /** Chat completions and embeddings have other names for the same counts than responses. */
  #addUsage(usage: Json): void {
    const input = countOf(usage.input_tokens ?? usage.prompt_tokens);
    const output = countOf(usage.output_tokens ?? usage.completion_tokens);
    const ofInput = objectOf(usage.input_tokens_details ?? usage.prompt_tokens_details);
    const ofOutput = objectOf(usage.output_tokens_details ?? usage.completion_tokens_details);
    this.#input += input;
    this.#output += output;
    this.#cached += countOf(ofInput.cached_tokens);
    this.#reasoning += countOf(ofOutput.reasoning_tokens);
    this.#all += countOf(usage.total_tokens) || input + output;
  }

  get counts(): BatchResult["request_counts"] {
    const { total, completed, failed } = this;
    return { total, completed, failed };
  }

  get cost(): BatchCost {
    return {
      ...(this.#costMicros === undefined ? {} : { cost_micros: this.#costMicros }),
      ...{ unpriced_attempts: this.#unpriced, uncounted_lines: this.#uncounted },
    };
  }

  get usage(): BatchUsage {
    return {
      input_tokens: this.#input,
      input_tokens_details: { cached_tokens: this.#cached },
      output_tokens: this.#output,
      output_tokens_details: { reasoning_tokens: this.#reasoning },
      total_tokens: this.#all,
    };
  }
}
