import { chatPayload } from "@millrace/job-types";
import type { Executor } from "@millrace/worker-sdk";
import { parsePayload } from "./payload.ts";

/** Answers messages and streams the answer as it arrives. The result is `{ text, finish_reason }`. */
export const chatExecutor: Executor = async ({ payload, models, write }) => {
  const request = parsePayload(chatPayload, payload);
  const { text, finishReason } = await models.complete(request, write);
  return { text, finish_reason: finishReason };
};
