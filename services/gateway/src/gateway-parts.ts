import type { DocumentStore } from "@millrace/documents";
import type { CallHeaders } from "@millrace/runtime";
import type { Clock, Random } from "@millrace/shared";
import type { Metrics } from "@millrace/telemetry";
import { type Caller, createAuthenticator } from "./caller.ts";
import { createFinishedHub, type FinishedHub, type FinishedHubOptions } from "./finished-hub.ts";
import { createJobWatcher, type JobWatcher } from "./job-watcher.ts";
import { DEFAULT_STREAMS_PER_KEY, type OpenStreams, openStreams } from "./open-streams.ts";
import type { Scheduler } from "./scheduler-client.ts";
import { createSubmitter, type Submitter } from "./submitter.ts";

/** What one SubmitStream may have in hand before its caller has to wait, and for how long. */
export interface StreamLimits {
  /** Jobs without an answer. */
  readonly unanswered: number;
  /** Jobs whose end the caller asked to be told and has not been. */
  readonly unfinished: number;
  /** How long it may last. Shorter than a connection, whose end would cut it; and callers find new replicas. */
  readonly ageMs: number;
}

export const defaultStreamLimits: StreamLimits = {
  unanswered: 4_000,
  unfinished: 50_000,
  ageMs: 1_800_000,
};

/** What handlers are made from. */
export interface GatewayParts {
  readonly scheduler: Scheduler;
  readonly documents: DocumentStore;
  readonly clock: Clock;
  readonly authenticate: (headers: CallHeaders) => Promise<Caller>;
  readonly submit: Submitter;
  readonly watch: JobWatcher;
  readonly hub: FinishedHub;
  readonly metrics: Pick<Metrics, "relayedChunks" | "relayedBytes">;
  readonly streamLimits: StreamLimits;
  /** Watches and submit streams, by key. */
  readonly streams: OpenStreams;
  /** Ends the hub's stream; the rest is its maker's to end. */
  close(): void;
}

export interface GatewayOptions {
  readonly scheduler: Scheduler;
  readonly documents: DocumentStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Pick<Metrics, "awaitedJobs" | "relayedChunks" | "relayedBytes">;
  readonly onWarning?: FinishedHubOptions["onWarning"];
  readonly keyCacheMs?: number;
  /** How long a call waits for a scheduler. */
  readonly schedulerDeadlineMs: number;
  readonly streamLimits?: StreamLimits;
  /** Watches and submit streams that one key may have open here. */
  readonly streamsPerKey?: number;
}

export function gatewayParts(options: GatewayOptions): GatewayParts {
  const { scheduler, documents, clock, metrics, streamLimits = defaultStreamLimits } = options;
  const hub = createFinishedHub({
    ...options,
    onAwaited: (count) => metrics.awaitedJobs.set(count),
  });
  return {
    ...{ scheduler, documents, clock, hub, metrics, streamLimits },
    streams: openStreams(options.streamsPerKey ?? DEFAULT_STREAMS_PER_KEY),
    authenticate: createAuthenticator(scheduler, options.keyCacheMs),
    submit: createSubmitter(options),
    watch: createJobWatcher({ ...options, giveUpAfterMs: options.schedulerDeadlineMs }),
    close: () => hub.close(),
  };
}
