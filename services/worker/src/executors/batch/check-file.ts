import { createHash } from "node:crypto";
import { type BatchError, type BatchPayload, documentsIn } from "@millrace/job-types";
import { limits } from "@millrace/shared";
import type { Line } from "./lines.ts";
import { type BatchRequest, readRequest } from "./request.ts";

/** The most errors that are listed. The result of a job would not hold those of 50,000 lines. */
const MOST_ERRORS = 1_000;

export interface CheckedFile {
  /** The requests of the file, as far as it was read. */
  readonly requests: number;
  readonly errors: readonly BatchError[];
}

/** Ids may be long, so only their hashes are kept. */
const hashOf = (customId: string): string =>
  createHash("sha256").update(customId).digest("base64url").slice(0, 22);

type HasFile = (id: string) => Promise<boolean>;

/** What is wrong with the files that a request names. */
async function problemOfFiles(
  { body }: BatchRequest,
  hasFile: HasFile,
): Promise<Omit<BatchError, "line"> | undefined> {
  const ids = documentsIn(body);
  if (ids.size > limits.documentsPerJob) {
    const message = `body names ${ids.size} files; the limit is ${limits.documentsPerJob}`;
    return { code: "invalid_request", message, param: "body" };
  }
  for (const id of ids) {
    if (await hasFile(id)) continue;
    return { code: "document_not_found", message: `there is no file ${id}`, param: "body" };
  }
  return undefined;
}

/** Checks each line of a batch's file. It ends early at a line beyond the limit, or when the list of errors is full. */
export async function checkFile(
  lines: AsyncIterable<Line>,
  batch: BatchPayload,
  hasFile: HasFile,
): Promise<CheckedFile> {
  const errors: BatchError[] = [];
  const seen = new Map<string, number>();
  let requests = 0;
  for await (const line of lines) {
    requests += 1;
    if (requests > limits.batchLines) {
      const message = `a batch has at most ${limits.batchLines} lines`;
      errors.push({ code: "too_many_lines", message, param: null, line: line.number });
      break;
    }
    const checked = readRequest(line, batch);
    if ("problem" in checked) {
      errors.push({ ...checked.problem, line: line.number });
    } else {
      const hash = hashOf(checked.request.customId);
      const first = seen.get(hash);
      if (first === undefined) seen.set(hash, line.number);
      else {
        const message = `line ${first} has the same custom_id`;
        errors.push({
          ...{ code: "duplicate_custom_id", message, param: "custom_id", line: line.number },
        });
      }
      const problem = await problemOfFiles(checked.request, hasFile);
      if (problem !== undefined) errors.push({ ...problem, line: line.number });
    }
    if (errors.length >= MOST_ERRORS) {
      const message = `there may be more errors: only the first ${MOST_ERRORS} are listed`;
      errors.push({ code: "too_many_errors", message, param: null, line: null });
      break;
    }
  }
  if (requests === 0) {
    errors.push({ code: "empty_file", message: "the file has no lines", param: null, line: null });
  }
  return { requests, errors };
}
