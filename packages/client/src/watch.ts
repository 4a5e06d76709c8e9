import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { OutputChunk } from "@millrace/proto/job";
import { JobService, type WatchJobResponse } from "@millrace/proto/job-service";
import { isFinal, type Retries, retryingStream } from "@millrace/shared";
import type { Connection } from "./connection.ts";
import { type Job, jobOf } from "./job.ts";
import { MillraceError } from "./millrace-error.ts";
import { isCut, retryOptions } from "./retrying.ts";

export interface WatchOptions {
  /** The first offset to show. 0, the default, shows all output. To continue, pass the last offset seen plus one. */
  readonly fromOffset?: number;
  readonly signal?: AbortSignal;
  /** How long the connection may stay cut before the watch fails, in milliseconds. Default 60,000. */
  readonly giveUpAfterMs?: number;
}

/**
 * What all output events share: the offset among all output of the job, from 0 without gaps, and the attempt and
 * time of writing.
 */
interface Piece {
  readonly offset: number;
  readonly attempt: number;
  readonly time?: Date;
}

export type WatchEvent<Result = unknown> =
  /** The job, without its payload: at the start and at each change. Its final state comes once, after all output. */
  | { readonly kind: "job"; readonly job: Job<Result> }
  /** Append it to the text before. */
  | (Piece & { readonly kind: "text"; readonly text: string })
  | (Piece & { readonly kind: "data"; readonly data: Uint8Array })
  | (Piece & {
      readonly kind: "progress";
      readonly done: number;
      /** 0 if not known. */
      readonly total: number;
      readonly message: string;
    })
  /** A new attempt begins: discard the output of the attempts before. */
  | (Piece & { readonly kind: "reset" });

/** How long a watch may be cut, unless its caller says otherwise. */
export const GIVE_UP_AFTER_MS = 60_000;

/**
 * Follows a job to its final state. After a cut the watch continues at the next offset, so its reader sees each
 * chunk once. If the cut lasts too long, the watch throws the error of the last try. If output is no longer kept,
 * the watch throws OUTPUT_GONE, after the final state if there is one.
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
          // All output has arrived only once the stream has ended.
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
      throw new MillraceError({
        code: "UNAVAILABLE",
        message: "the gateway ended the watch before the job's final state",
      });
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

const gaveUp = (jobId: string, offset: number, cutMs: number, cause: MillraceError) =>
  new MillraceError({
    code: cause.code,
    reason: cause.reason,
    message: `the watch of ${jobId} was cut ${cutMs} ms ago and could not be resumed (${cause.message}); watch again from offset ${offset}`,
    metadata: { next_offset: String(offset) },
    cause,
  });

/** The events of a message of a watch, without those that this client does not know. */
export function* watchEventsOf<Result>({ event }: WatchJobResponse): Generator<WatchEvent<Result>> {
  if (event.case === "job") yield { kind: "job", job: jobOf<Result>(event.value) };
  if (event.case !== "chunks") return;
  for (const chunk of event.value.chunks) {
    const piece = pieceOf(chunk);
    if (piece !== undefined) yield piece;
  }
}

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
      // A newer gateway may send content that this client does not know.
      return undefined;
  }
}
