import type { AnswerForm } from "@millrace/runtime";
import type { Random } from "@millrace/shared";
import { errorAnswer } from "./openai-error.ts";
import { openAiErrorOf } from "./openai-fault.ts";

/**
 * The first segments below `/v1` that belong to OpenAI's API, served or not. Millrace's own paths have other ones, so the
 * path alone tells which form an answer has.
 */
const segments = new Set([
  ...["models", "chat", "completions", "responses", "embeddings", "files", "batches"],
  ...["conversations", "moderations", "images", "audio", "videos", "realtime", "vector_stores"],
  ...["fine_tuning", "evals", "containers", "assistants", "threads", "organization"],
  ...["webhook_endpoints", "webhook_event_types", "skills", "chatkit"],
]);

const ID_BYTES = 16;

/** Whether a path belongs to OpenAI's API. */
export const isOpenAiPath = (pathname: string): boolean => {
  const [, version, segment = ""] = pathname.split("/");
  return version === "v1" && segments.has(segment);
};

/** Gives each request below OpenAI's paths an id, which all answers have, and answers faults as OpenAI's API does. */
export const openAiForms =
  (random: Random) =>
  (pathname: string): AnswerForm | undefined => {
    if (!isOpenAiPath(pathname)) return undefined;
    const requestId = `req_${Buffer.from(random.bytes(ID_BYTES)).toString("hex")}`;
    return {
      headers: { "x-request-id": requestId },
      requestId,
      faultAnswer: (fault) => errorAnswer(openAiErrorOf(fault)),
    };
  };
