import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine, JobRecord, OutputChunk } from "@millrace/engine";
import type { SchedulerService, WatchResponseSchema } from "@millrace/proto/scheduler-service";
import { type Handler, RpcFault, rpcError } from "@millrace/runtime";
import { createBatcher, isFinal, isJobId, type JobId, parseJobId } from "@millrace/shared";
import { jobMessage } from "../messages/job-message.ts";
import { outputMessage } from "../messages/output-message.ts";
import { type JobNews, jobNews } from "../watching/job-news.ts";

type Response = MessageInitShape<typeof WatchResponseSchema>;

const MAX_CHUNKS = 256;
/**
 * The bytes of one message. Some messages are buffered for each slow caller, here and in its gateway, and there may be
 * thousands.
 */
const MAX_BYTES = 64 * 1024;
/** How many jobs one call reads, for all watches together: each job may have a long result. */
const JOBS_PER_READ = 64;

/**
 * Follows a job: sends the job as it is, then its output, and its final state last. Signals only cause a new read. All
 * that is sent is in the store, so a lost or late signal costs time but no correctness. Chunks that this scheduler itself
 * has just stored are sent without a read, if the watch has sent all earlier ones. The handler reads the job before its output. If the job is final, all its output is stored by then, and is sent before the final state. If that
 * output is no longer stored, the handler sends the final state and then fails with OUTPUT_GONE.
 */
export function watch(
  engine: Pick<Engine, "getJobs" | "readOutput" | "followOutput">,
): Handler<(typeof SchedulerService)["method"]["watch"], undefined> {
  const jobs = createBatcher<JobId, JobRecord | undefined>({
    maxItems: JOBS_PER_READ,
    maxWeight: JOBS_PER_READ,
    weigh: () => 1,
    maxInFlight: 4,
    flush: (ids) => engine.getJobs(ids, "noPayload"),
  });

  const readFrom = async (
    id: JobId,
    offset: number,
    news: JobNews,
  ): Promise<readonly OutputChunk[] | RpcFault> => {
    if (offset >= news.end) return [];
    const stored = news.takeStored(offset);
    if (stored.length > 0) return stored;
    const read = await engine.readOutput(id, offset, MAX_CHUNKS, MAX_BYTES);
    if (read.kind === "notFound") return notFound();
    return read.kind === "gone" ? gone(read.oldestOffset) : read.chunks;
  };

  return async function* ({ keyId, watch: request }, { signal, draining }) {
    const id = request?.jobId ?? "";
    const parts = parseJobId(id);
    if (!isJobId(id) || parts === undefined || parts.keyId !== keyId) throw notFound();
    await using news = await jobNews(
      (listener) => engine.followOutput(parts.queue, listener, id),
      [signal, draining],
    );
    let offset = Number(request?.fromOffset ?? 0n);
    let sent = "";
    while (!signal.aborted) {
      if (draining.aborted) {
        throw rpcError({ reason: "DRAINING", message: "the scheduler is stopping: watch again" });
      }
      const job = news.takeChanged() ? await jobs.add(id) : null;
      if (job === undefined) throw notFound();
      if (job !== null) news.foundOutput(job.output.nextOffset);
      const now = job && { final: isFinal(job.state), seen: seenOf(job), event: jobEvent(job) };
      // The output is read before the first event, so that a request for output that is gone is refused at once.
      let output = await readFrom(id, offset, news);
      if (isFault(output) && !now?.final) throw output;
      if (now !== null && !now.final && now.seen !== sent) {
        yield now.event;
        sent = now.seen;
      }
      while (!isFault(output) && output.length > 0) {
        yield chunksEvent(output);
        offset = (output.at(-1)?.offset ?? offset) + 1;
        output = await readFrom(id, offset, news);
      }
      if (now?.final) yield now.event;
      if (isFault(output)) throw output;
      if (now?.final) return;
      await news.arrived();
    }
  };
}

const isFault = (output: readonly OutputChunk[] | RpcFault): output is RpcFault =>
  output instanceof RpcFault;

/** Changes if a watcher has to receive the job again. */
const seenOf = ({ state, attempt, cancelRequested }: JobRecord): string =>
  `${state} ${attempt} ${cancelRequested}`;

const jobEvent = (job: JobRecord): Response => ({
  event: { event: { case: "job", value: jobMessage(job) } },
});

const chunksEvent = (chunks: readonly OutputChunk[]): Response => ({
  event: { event: { case: "chunks", value: { chunks: chunks.map(outputMessage) } } },
});

const notFound = () => rpcError({ reason: "JOB_NOT_FOUND", message: "there is no such job" });
const gone = (oldestOffset: number) =>
  rpcError({
    reason: "OUTPUT_GONE",
    message: `output before offset ${oldestOffset} is no longer stored: read from ${oldestOffset} on`,
    metadata: { oldest_offset: String(oldestOffset) },
  });
