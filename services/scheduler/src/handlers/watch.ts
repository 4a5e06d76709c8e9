import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isFinal, isJobId, parseJobId } from "@millrace/shared";
import { jobMessage } from "../job-message.ts";
import { outputMessage } from "../output-message.ts";
import { createWake } from "../wake.ts";

const MAX_CHUNKS = 256;
const MAX_BYTES = 256 * 1024;

/**
 * Follows a job. Signals only wake a re-read: what is sent is always read from the store, so a lost
 * or late signal costs time and not truth. The job is read before its output: all output of a job
 * that is read as final is stored by then, and goes out before that final state.
 */
export const watch = (
  engine: Pick<Engine, "getJobs" | "readOutput" | "subscribe">,
): Handler<(typeof SchedulerService)["method"]["watch"], undefined> =>
  async function* ({ keyId, watch: request }, { signal, draining }) {
    const id = request?.jobId ?? "";
    const parts = parseJobId(id);
    if (!isJobId(id) || parts === undefined || parts.keyId !== keyId) throw notFound();
    const wake = createWake();
    const subscription = await engine.subscribe(parts.queue, (hint) => {
      if (hint.kind === "resync" || ("jobId" in hint && hint.jobId === id)) wake.wake();
    });
    draining.addEventListener("abort", wake.wake, { once: true });
    signal.addEventListener("abort", wake.wake, { once: true });
    try {
      let offset = Number(request?.fromOffset ?? 0n);
      let sent = "";
      while (!signal.aborted) {
        if (draining.aborted) {
          throw rpcError({ reason: "DRAINING", message: "the scheduler is stopping" });
        }
        const [job] = await engine.getJobs([id], "noPayload");
        if (job === undefined) throw notFound();
        const final = isFinal(job.state);
        const seen = `${job.state} ${job.attempt} ${job.cancelRequested}`;
        if (sent === "" || (seen !== sent && !final)) {
          yield { event: { event: { case: "job", value: jobMessage(job) } } };
          sent = seen;
        }
        for (;;) {
          const read = await engine.readOutput(id, offset, MAX_CHUNKS, MAX_BYTES);
          if (read.kind === "notFound") throw notFound();
          if (read.kind === "gone") throw gone(read.oldestOffset);
          if (read.chunks.length === 0) break;
          const chunks = read.chunks.map(outputMessage);
          yield { event: { event: { case: "chunks", value: { chunks } } } };
          offset = (read.chunks.at(-1)?.offset ?? offset) + 1;
        }
        if (final) {
          if (seen !== sent) yield { event: { event: { case: "job", value: jobMessage(job) } } };
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

const notFound = () => rpcError({ reason: "JOB_NOT_FOUND", message: "no such job" });
const gone = (oldestOffset: number) =>
  rpcError({
    reason: "OUTPUT_GONE",
    message: `output before ${oldestOffset} is no longer kept`,
    metadata: { oldest_offset: String(oldestOffset) },
  });
