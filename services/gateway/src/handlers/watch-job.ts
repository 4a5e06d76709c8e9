import type { OutputChunk } from "@millrace/proto/job";
import type { JobService } from "@millrace/proto/job-service";
import { type Handler, rpcError } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { assertOwnJob } from "../callers/own-job.ts";
import type { GatewayParts } from "../gateway-parts.ts";

/**
 * Relays a job's events at the speed at which the caller reads. When the caller leaves, the gateway cancels the
 * scheduler's stream. A gateway that is stopping ends the watch with DRAINING, so that the caller turns to another one.
 */
export const watchJob = ({
  watch: watchFrom,
  metrics,
  streams,
}: GatewayParts): Handler<typeof JobService.method.watchJob, Caller> =>
  async function* (watch, context) {
    const { identity, signal, draining } = context;
    assertOwnJob(watch.jobId, context);
    using _place = streams.enter(identity.keyId);
    const upstream = new AbortController();
    const stop = () => upstream.abort();
    signal.addEventListener("abort", stop);
    draining.addEventListener("abort", stop);
    if (signal.aborted || draining.aborted) stop();
    try {
      for await (const event of watchFrom(identity.keyId, watch, upstream.signal)) {
        if (event.event.case === "chunks") countRelayed(metrics, event.event.value.chunks);
        yield event;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!draining.aborted) throw error;
      const message =
        "the gateway is stopping: watch again from the offset after the last one received";
      throw rpcError({ reason: "DRAINING", message, cause: error });
    } finally {
      signal.removeEventListener("abort", stop);
      draining.removeEventListener("abort", stop);
    }
  };

function countRelayed(
  { relayedChunks, relayedBytes }: GatewayParts["metrics"],
  chunks: readonly OutputChunk[],
): void {
  relayedChunks.inc(chunks.length);
  for (const { content } of chunks) {
    if (content.case === "text" || content.case === "data") {
      relayedBytes.inc(Buffer.byteLength(content.value));
    }
  }
}
