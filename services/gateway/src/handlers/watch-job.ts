import type { OutputChunk } from "@millrace/proto/job";
import type { JobService } from "@millrace/proto/job-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { assertOwnJob } from "../callers/own-job.ts";
import { streamPlace } from "../callers/stream-place.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { relayed } from "../watching/relay.ts";

/** Relays a job's events to its caller: see `relayed`. */
export const watchJob = (parts: GatewayParts): Handler<typeof JobService.method.watchJob, Caller> =>
  async function* (watch, context) {
    const { watch: watchFrom, metrics } = parts;
    const { keyId } = context.identity;
    assertOwnJob(watch.jobId, context);
    using _place = streamPlace(parts, context.identity);
    const open = (signal: AbortSignal) => watchFrom(keyId, watch, signal);
    const events = relayed(
      open,
      context,
      "the gateway is stopping: watch again from the offset after the last one received",
    );
    for await (const event of events) {
      if (event.event.case === "chunks") countRelayed(metrics, event.event.value.chunks);
      yield event;
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
