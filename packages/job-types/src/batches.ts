import { isDocumentId, limits, parseJobId, type RelayedCall, timeOfUlid } from "@millrace/shared";
import { z } from "zod";

/** The calls of which a batch may have many, by their path, as job types. */
export const batchEndpoints = {
  "/v1/chat/completions": "chat.completions",
  "/v1/responses": "responses",
  "/v1/embeddings": "embeddings",
} as const satisfies Readonly<Record<string, RelayedCall>>;

export const isBatchEndpoint = (path: unknown): path is keyof typeof batchEndpoints =>
  typeof path === "string" && Object.hasOwn(batchEndpoints, path);

/** OpenAI's API allows from one hour to 30 days. */
const outputExpiresAfter = z.object({
  anchor: z.literal("created_at"),
  seconds: z.int().min(3_600).max(2_592_000),
});

export const batchPayload = z.object({
  input_file_id: z.string().refine((id): boolean => isDocumentId(id), "must be the id of a file"),
  endpoint: z.custom<keyof typeof batchEndpoints>(isBatchEndpoint),
  completion_window: z.string(),
  /**
   * How long after its submission lines expire that have not ended, in milliseconds. The time itself is not here: a
   * repeated request must have the same payload.
   */
  expires_after_ms: z.int().min(1),
  /** An earlier end, in milliseconds since the Unix epoch. */
  expires_at_ms: z.int().optional(),
  priority: z.int().min(limits.priority.min).max(limits.priority.max),
  /** The names that lines may give as their model. Left out: any. */
  models: z.array(z.string()).optional(),
  output_expires_after: outputExpiresAfter.optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});

export type BatchPayload = z.infer<typeof batchPayload>;

/** When lines of a batch expire that have not ended, in milliseconds since the Unix epoch. The id tells when it was submitted. */
export function batchEndMs(
  { expires_after_ms: afterMs, expires_at_ms: atMs }: BatchPayload,
  jobId: string,
): number {
  const { unique } = parseJobId(jobId) ?? {};
  if (unique === undefined) throw new Error(`${jobId} is no job id`);
  return Math.min(timeOfUlid(unique) + afterMs, atMs ?? Number.POSITIVE_INFINITY);
}

/** What is wrong with the input file. */
export interface BatchError {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** The number of the line in the file, from 1; null if it is about the whole file. */
  readonly line: number | null;
}

export interface BatchUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

/** What the attempts of a batch's lines cost, also of those that failed. */
export interface BatchCost {
  /** In micro-dollars (millionths of a US dollar). Left out: no attempt had a price. */
  readonly cost_micros?: number;
  /** How many attempts are not in `cost_micros`, because their price was not known. */
  readonly unpriced_attempts: number;
  /** How many lines are not in `cost_micros`, because their jobs were not kept until the end of the batch. */
  readonly uncounted_lines: number;
}

/** The result of the job: a batch that has ended. */
export interface BatchResult {
  readonly status: "completed" | "failed" | "expired" | "cancelled";
  readonly request_counts: {
    readonly total: number;
    readonly completed: number;
    readonly failed: number;
  };
  readonly errors?: readonly BatchError[];
  readonly output_file_id?: string;
  readonly error_file_id?: string;
  readonly usage?: BatchUsage;
  readonly cost?: BatchCost;
}
