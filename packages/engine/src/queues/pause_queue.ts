import { defineScript } from "../redis/define-script.ts";

export interface PauseQueueRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly paused: boolean;
}

export const pauseQueue = defineScript<PauseQueueRequest, void>(import.meta.url, {
  name: "pause_queue",
  argv: ["now_ms", "max_events", "paused"],
  encode: ({ nowMs, maxEvents, paused }) => [nowMs, maxEvents, paused ? 1 : 0],
  decode: () => undefined,
});
