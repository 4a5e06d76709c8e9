import type { DocumentStore } from "@millrace/documents";
import { answerOfJob, type BatchPayload, documentOfResult } from "@millrace/job-types";
import { jsonText, type KeyId } from "@millrace/shared";
import type { FanOutManyResult, ManyChildResult, ReadManyOptions } from "@millrace/worker-sdk";
import { type Attempt, requestsOf } from "./input.ts";

/** How one request of a batch ended. */
export interface EndedLine {
  readonly customId: string;
  /** Undefined: no job was made of it. */
  readonly jobId: string | undefined;
  /** The provider's object as JSON text, if it succeeded. */
  readonly resultJson?: string;
  readonly error?: LineError;
  /** What its job cost, if that was read. Undefined: the job is no longer kept, or there was none. */
  readonly cost?: ManyChildResult["cost"];
}

/** The error of a line: what the provider or Millrace answers to the call, or why there is no answer. */
export interface LineError {
  readonly kind: "answer" | "failed" | "expired" | "cancelled";
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
}

export interface EndedParts {
  readonly store: DocumentStore;
  readonly batch: BatchPayload;
  readonly attempt: Attempt;
  readonly lines: FanOutManyResult;
}

/** Reads requests and their jobs side by side, in the order of the file. */
export async function* endedLines(
  parts: EndedParts,
  options: ReadManyOptions = {},
): AsyncGenerator<EndedLine> {
  const { store, batch, attempt, lines } = parts;
  const children = lines.children(options)[Symbol.asyncIterator]();
  try {
    for await (const { customId } of requestsOf(store, batch, attempt)) {
      const next = await children.next();
      const child = next.done === true ? undefined : next.value;
      const cost = child?.cost === undefined ? {} : { cost: child.cost };
      yield { customId, jobId: child?.jobId, ...(await endOf(child, parts)), ...cost };
    }
  } finally {
    await children.return?.();
  }
}

const withoutAnswer = (
  kind: LineError["kind"],
  code: string,
  message: string,
): { readonly error: LineError } => ({
  error: { kind, status: 500, code, message, type: "server_error", param: null },
});
const expired = withoutAnswer("expired", "batch_expired", "the batch expired before this request");
const cancelled = withoutAnswer("cancelled", "batch_cancelled", "the batch was cancelled");

async function endOf(
  child: ManyChildResult | undefined,
  { store, attempt, lines }: EndedParts,
): Promise<Pick<EndedLine, "resultJson" | "error">> {
  const isCancelled = lines.state === "CANCELLED";
  if (child === undefined) return isCancelled ? cancelled : expired;
  const { state, failure, resultJson } = child;
  if (state === "SUCCEEDED") {
    const whole = resultJson === undefined ? undefined : await wholeOf(resultJson, store, attempt);
    if (whole !== undefined) return { resultJson: whole };
    return withoutAnswer("failed", "result_gone", "the result is no longer kept");
  }
  if (state === "EXPIRED") return expired;
  if (state === "CANCELLED" && isCancelled) return cancelled;
  const { fromProvider, ...answer } = answerOfJob({
    state: state === "FAILED" || state === "CANCELLED" ? state : "REMOVED",
    reason: failure?.reason ?? "REMOVED",
    message: failure?.message ?? "the job was removed before it ended",
    details: failure?.details ?? {},
  });
  return { error: { kind: fromProvider ? "answer" : "failed", ...answer } };
}

/** The provider's object, digit for digit. Undefined if it is in a document that is gone. */
async function wholeOf(
  resultJson: string,
  store: DocumentStore,
  { keyId }: Attempt,
): Promise<string | undefined> {
  const id = documentOfResult(resultJson);
  if (id === undefined) return resultJson;
  const document = await store.get(id, keyId as KeyId);
  if (document === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(document)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** Which of the two files a line is in. */
export const isOutput = ({ resultJson }: EndedLine): boolean => resultJson !== undefined;

/** A line of the output file or of the error file. It is the same each time that it is written. */
export function textOf({ customId, jobId, resultJson, error }: EndedLine): string {
  const unique = jobId?.slice(jobId.lastIndexOf("~") + 1) ?? null;
  const id = jsonText(unique === null ? null : `batch_req_${unique}`);
  const head = `{"id":${id},"custom_id":${jsonText(customId)}`;
  const answer = (status: number, body: string) =>
    `{"status_code":${status},"request_id":${jsonText(jobId ?? null)},"body":${body}}`;
  // Line breaks may be in the text of a document, but only between the members of its object.
  const oneLine = resultJson?.replaceAll("\n", " ").replaceAll("\r", " ");
  if (oneLine !== undefined) return `${head},"response":${answer(200, oneLine)},"error":null}`;
  const { kind, status = 500, code, message, type, param } = error ?? {};
  if (kind === "answer" || (kind === "failed" && status < 500)) {
    const body = jsonText({ error: { message, type, param, code } });
    return `${head},"response":${answer(status, body)},"error":null}`;
  }
  return `${head},"response":null,"error":${jsonText({ code, message })}}`;
}
