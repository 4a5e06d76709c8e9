import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { OutputChunk } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { isFinal, type Retries, retryingStream } from "@millrace/shared";
import type { Connection } from "./connection.ts";
import { type Job, jobOf } from "./job.ts";
import { MillraceError } from "./millrace-error.ts";
import { retryOptions } from "./retrying.ts";

export interface WatchOptions {
  /** The first piece of output to see: 0, the default, for all of it, or one more than the last one seen. */
  readonly fromOffset?: number;
  readonly signal?: AbortSignal;
  /** How long a cut may last before the watch fails, in milliseconds. Default 60,000. */
  readonly giveUpAfterMs?: number;
}

/** A piece of output: its place among all of the job's, from 0 without gaps, and what wrote it when. */
interface Piece {
  readonly offset: number;
  readonly attempt: number;
  readonly time?: Date;
}

export type WatchEvent<Result = unknown> =
  /** The job as it is, at first and at each change; in its final state once, after all output. Without its payload. */
  | { readonly kind: "job"; readonly job: Job<Result> }
  /** To be appended to the text before. */
  | (Piece & { readonly kind: "text"; readonly text: string })
  | (Piece & { readonly kind: "data"; readonly data: Uint8Array })
  | (Piece & {
      readonly kind: "progress";
      readonly done: number;
      /** 0: not known. */
      readonly total: number;
      readonly message: string;
    })
  /** A new attempt begins: forget the output of the ones before. */
  | (Piece & { readonly kind: "reset" });

const GIVE_UP_AFTER_MS = 60_000;

/**
 * Follows a job to its final state. After a cut it goes on from where it was, so that its reader sees
 * each piece once; a cut that lasts too long ends it with the error of the last try. Output that is no
 * longer kept is OUTPUT_GONE, thrown after the final state where there is one.
 */
export function watchJob<Result>(
  connection: Connection,
  jobId: string,
  { fromOffset = 0, signal, giveUpAfterMs = GIVE_UP_AFTER_MS }: WatchOptions,
): AsyncGenerator<WatchEvent<Result>> {
  const { method } = JobService;
  let next = fromOffset;
  let shown = "";
  const once = async function* (retries: Retries): AsyncGenerator<WatchEvent<Result>> {
    let final: Job<Result> | undefined;
    const request = { jobId, fromOffset: BigInt(next) };
    try {
      for await (const { event } of connection.serverStream(method.watchJob, request, { signal })) {
        retries.progressed();
        if (event.case === "job") {
          const job = jobOf<Result>(event.value);
          const { state, attempt, cancelRequested, stalls, bounces } = job;
          const now = [state, attempt, cancelRequested, stalls, bounces].join();
          // Whether all output has come is known once the stream has ended.
          if (isFinal(state)) final = job;
          else if (now !== shown) yield { kind: "job", job };
          shown = now;
        } else if (event.case === "chunks") {
          for (const chunk of event.value.chunks) {
            if (chunk.offset < next) continue;
            next = Number(chunk.offset) + 1;
            const piece = pieceOf(chunk);
            if (piece !== undefined) yield piece;
          }
        }
      }
    } catch (error) {
      const gone = error instanceof MillraceError && error.reason === "OUTPUT_GONE";
      if (final !== undefined && gone) yield { kind: "job", job: final };
      throw error;
    }
    if (final === undefined) {
      throw new MillraceError({ code: "UNAVAILABLE", message: "the stream ended early" });
    }
    yield { kind: "job", job: final };
  };
  return retryingStream(once, {
    ...retryOptions(connection, signal),
    patienceMs: giveUpAfterMs,
    passes: (error) =>
      isCut(error) && signal?.aborted !== true && connection.closed.aborted !== true,
    gaveUp: (error, cutMs) => gaveUp(jobId, next, cutMs, error as MillraceError),
  });
}

/** Whether asking again may help. A connection that breaks has many names, none of them Millrace's. */
const isCut = (error: unknown): boolean =>
  error instanceof MillraceError &&
  (error.retryable ||
    (error.reason === undefined && ["INTERNAL", "UNKNOWN", "CANCELLED"].includes(error.code)));

const gaveUp = (jobId: string, offset: number, cutMs: number, cause: MillraceError) =>
  new MillraceError({
    code: cause.code,
    reason: cause.reason,
    message: `watching ${jobId} was cut ${cutMs} ms ago and cannot go on (${cause.message}); watch again from offset ${offset}`,
    metadata: { next_offset: String(offset) },
    cause,
  });

function pieceOf({ offset, attempt, time, content }: OutputChunk): WatchEvent<never> | undefined {
  const piece: Piece = {
    offset: Number(offset),
    attempt,
    ...(time === undefined ? {} : { time: timestampDate(time) }),
  };
  switch (content.case) {
    case "text":
      return { kind: "text", ...piece, text: content.value };
    case "data":
      return { kind: "data", ...piece, data: content.value };
    case "progress": {
      const { done, total, message } = content.value;
      return { kind: "progress", ...piece, done, total, message };
    }
    case "reset":
      return { kind: "reset", ...piece };
    default:
      // A newer gateway may send what this client does not know.
      return undefined;
  }
}
