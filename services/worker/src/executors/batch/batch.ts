import type { DocumentStore } from "@millrace/documents";
import { type BatchPayload, type BatchResult, batchEndMs, batchPayload } from "@millrace/job-types";
import type { Clock, KeyId } from "@millrace/shared";
import { type AttemptContext, type Executor, JobFailure } from "@millrace/worker-sdk";
import { parsePayload } from "../payload.ts";
import { checkFile } from "./check-file.ts";
import { childrenOf } from "./children.ts";
import { inputLines } from "./input.ts";
import { writeFiles } from "./write-files.ts";

/** Children must be there whose plan is this one: a batch's payload and file never change. */
const PLAN = "batch";

/**
 * A batch of OpenAI's API. The first run checks the file and hands its lines over as children; the run after their end
 * writes the files. docs/openai.md says what happens when a process dies in between.
 */
export const batchExecutor =
  (store: DocumentStore, clock: Pick<Clock, "nowMs">): Executor =>
  async (context): Promise<BatchResult> => {
    const batch = parsePayload(batchPayload, context.payload);
    // An attempt that finds children need not check again what it was that they were made from.
    if (context.resumed === undefined) {
      const lines = inputLines(store, batch, context);
      const hasFile = async (id: string) =>
        (await store.get(id, context.keyId as KeyId)) !== undefined;
      const { errors, requests } = await checkFile(lines, batch, hasFile);
      if (errors.length > 0) {
        const counts = { total: requests, completed: 0, failed: 0 };
        return { status: "failed", errors, request_counts: counts };
      }
    }
    const lines = await addLines(store, clock, batch, context);
    const { storeDocument } = context;
    return await writeFiles({ store, batch, attempt: context, lines, clock, storeDocument });
  };

async function addLines(
  store: DocumentStore,
  clock: Pick<Clock, "nowMs">,
  batch: BatchPayload,
  context: AttemptContext,
) {
  try {
    return await context.fanOutMany(() => childrenOf({ store, clock }, batch, context), {
      ...{ plan: PLAN, rule: "all", keepSiblings: true },
    });
  } catch (error) {
    // A scheduler whose clock is ahead refuses a deadline that is still to come here. The next attempt adds no more lines.
    const isRefused = error instanceof JobFailure && error.reason === "MALFORMED";
    if (!isRefused || clock.nowMs() < batchEndMs(batch, context.jobId) - CLOCKS_DIFFER_MS)
      throw error;
    throw new JobFailure(error.reason, error.message, true, { cause: error });
  }
}

/** How far the clocks of a worker and a scheduler may be apart. */
const CLOCKS_DIFFER_MS = 60_000;
