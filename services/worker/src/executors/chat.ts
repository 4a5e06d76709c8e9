import { chatPayload } from "@millrace/job-types";
import type { Executor } from "@millrace/worker-sdk";
import { parsePayload } from "./payload.ts";
import type { RunCompletion } from "./run-completion.ts";

/** Answers messages and streams the answer as it arrives. The result is `{ text, finish_reason }`. */
export const chatExecutor =
  (complete: RunCompletion): Executor =>
  async (context) => {
    const request = parsePayload(chatPayload, context.payload);
    const { text, finishReason } = await complete(context, request, context.write);
    return { text, finish_reason: finishReason };
  };
