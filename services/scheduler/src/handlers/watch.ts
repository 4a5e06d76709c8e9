import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine, JobRecord, OutputChunk } from "@millrace/engine";
import type { SchedulerService, WatchResponseSchema } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import {
  createBatcher,
  createWake,
  isFinal,
  isJobId,
  type JobId,
  parseJobId,
} from "@millrace/shared";
import { jobMessage } from "../job-message.ts";
import { outputMessage } from "../output-message.ts";

type Response = MessageInitShape<typeof WatchResponseSchema>;

const MAX_CHUNKS = 256;
/** Some messages wait for each caller that does not read, here and in its gateway, and there may be thousands. */
const MAX_BYTES = 64 * 1024;
/** Jobs that one call reads, for all that are watched: each may have a long result. */
const JOBS_PER_READ = 64;

/**
 * Follows a job. Signals only wake a re-read: what is sent is always read from the store, so a lost
 * or late signal costs time and not truth. The job is read before its output: all output of a job
 * that is read as final is stored by then, and goes out before that final state.
 */
export function watch(
  engine: Pick<Engine, "getJobs" | "readOutput" | "subscribe">,
): Handler<(typeof SchedulerService)["method"]["watch"], undefined> {
  const jobs = createBatcher<JobId, JobRecord | undefined>({
    maxItems: JOBS_PER_READ,
    maxWeight: JOBS_PER_READ,
    weigh: () => 1,
    maxInFlight: 4,
    flush: (ids) => engine.getJobs(ids, "noPayload"),
  });

  return async function* ({ keyId, watch: request }, { signal, draining }) {
    const id = request?.jobId ?? "";
    const parts = parseJobId(id);
    if (!isJobId(id) || parts === undefined || parts.keyId !== keyId) throw notFound();
    let offset = Number(request?.fromOffset ?? 0n);
    /** How much output there is, as far as anybody has said. */
    let end = 0;
    let changed = true;
    let sent = "";
    const wake = createWake();
    const subscription = await engine.subscribe(
      parts.queue,
      (hint) => {
        if (hint.kind === "output") end = Math.max(end, hint.nextOffset);
        else changed = true;
        wake.wake();
      },
      id,
    );
    draining.addEventListener("abort", wake.wake, { once: true });
    signal.addEventListener("abort", wake.wake, { once: true });
    try {
      while (!signal.aborted) {
        if (draining.aborted) {
          throw rpcError({ reason: "DRAINING", message: "the scheduler is stopping" });
        }
        const look = changed;
        changed = false;
        const job = look ? await jobs.add(id) : undefined;
        if (look && job === undefined) throw notFound();
        const now = job && { final: isFinal(job.state), seen: seenOf(job), event: jobEvent(job) };
        end = Math.max(end, job?.output.nextOffset ?? 0);
        if (now !== undefined && (sent === "" || (now.seen !== sent && !now.final))) {
          yield now.event;
          sent = now.seen;
        }
        while (offset < end) {
          const read = await engine.readOutput(id, offset, MAX_CHUNKS, MAX_BYTES);
          if (read.kind === "notFound") throw notFound();
          if (read.kind === "gone") throw gone(read.oldestOffset);
          if (read.chunks.length === 0) break;
          yield chunksEvent(read.chunks);
          offset = (read.chunks.at(-1)?.offset ?? offset) + 1;
        }
        if (now?.final) {
          if (now.seen !== sent) yield now.event;
          return;
        }
        await wake.wait();
      }
    } finally {
      draining.removeEventListener("abort", wake.wake);
      signal.removeEventListener("abort", wake.wake);
      await subscription[Symbol.asyncDispose]();
    }
  };
}

/** Tells apart what a watcher wants to be told of. */
const seenOf = ({ state, attempt, cancelRequested }: JobRecord): string =>
  `${state} ${attempt} ${cancelRequested}`;

const jobEvent = (job: JobRecord): Response => ({
  event: { event: { case: "job", value: jobMessage(job) } },
});

const chunksEvent = (chunks: readonly OutputChunk[]): Response => ({
  event: { event: { case: "chunks", value: { chunks: chunks.map(outputMessage) } } },
});

const notFound = () => rpcError({ reason: "JOB_NOT_FOUND", message: "no such job" });
const gone = (oldestOffset: number) =>
  rpcError({
    reason: "OUTPUT_GONE",
    message: `output before ${oldestOffset} is no longer kept`,
    metadata: { oldest_offset: String(oldestOffset) },
  });
