import { defineScript } from "../redis/define-script.ts";

export interface PauseQueueRequest {
  readonly maxEvents: number;
  readonly paused: boolean;
}

export const pauseQueue = defineScript<PauseQueueRequest, void>(import.meta.url, {
  name: "pause_queue",
  argv: ["max_events", "paused"],
  encode: ({ maxEvents, paused }) => [maxEvents, paused ? 1 : 0],
  decode: () => undefined,
});
