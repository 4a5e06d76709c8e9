import type { DocumentStore } from "@millrace/documents";
import { methodPath } from "@millrace/grpc";
import { JobService } from "@millrace/proto/job-service";
import type { CallHeaders, RpcFault } from "@millrace/runtime";
import type { Clock, Random } from "@millrace/shared";
import type { Metrics } from "@millrace/telemetry";
import { type Caller, createAuthenticator } from "./callers/caller.ts";
import {
  awaitedJobs,
  DEFAULT_AWAITED_PER_KEY,
  DEFAULT_STREAMS_PER_KEY,
  DEFAULT_SUBMISSIONS_PER_KEY,
  DEFAULT_UPLOADS_PER_KEY,
  type KeyLimit,
  type KeyTotal,
  openStreams,
  openSubmissions,
  openUploads,
} from "./callers/key-limit.ts";
import { defaultUploadTimes, type UploadTimes } from "./documents/upload-deadline.ts";
import type { Scheduler } from "./scheduler/scheduler-client.ts";
import type { SchedulerClock } from "./scheduler/scheduler-clock.ts";
import { createSubmitter, type Submitter } from "./submitting/submitter.ts";
import {
  createFinishedHub,
  type FinishedHub,
  type FinishedHubOptions,
} from "./watching/finished-hub.ts";
import { createJobWatcher, type JobWatcher } from "./watching/job-watcher.ts";

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
  /** Refuses besides, before they are read, calls that submit jobs of a key with too many in hand. */
  readonly authenticate: (headers: CallHeaders, path: string, peer: string) => Promise<Caller>;
  /** Calls `end` once the caller's key is revoked. Returns how to stop that. */
  readonly onRevoked: (caller: Caller, end: (fault: RpcFault) => void) => () => void;
  /** For streams, each of which has a bound of its own. */
  readonly submit: Submitter;
  /** For calls: rejects with TOO_MANY_SUBMISSIONS too. */
  readonly submitCall: Submitter;
  readonly watch: JobWatcher;
  readonly hub: FinishedHub;
  readonly metrics: Pick<Metrics, "relayedChunks" | "relayedBytes">;
  readonly streamLimits: StreamLimits;
  /** Watches, submit streams and calls that wait for a job, by key. */
  readonly streams: KeyLimit;
  /** Documents that are being uploaded, by key. */
  readonly uploads: KeyLimit;
  readonly uploadTimes: UploadTimes;
  /** What the documents of a key may take whose budget does not say; Infinity: no bound. */
  readonly documentBytesPerKey: number;
  /** Jobs whose end submit streams have yet to tell, by key. */
  readonly awaited: KeyTotal;
  /** Ends the hub's stream; the rest is its maker's to end. */
  close(): void;
}

export interface GatewayOptions {
  readonly scheduler: Scheduler;
  readonly documents: DocumentStore;
  readonly clock: Clock;
  /** By which jobs are stamped. */
  readonly schedulerClock: SchedulerClock;
  readonly random: Random;
  readonly metrics: Pick<Metrics, "awaitedJobs" | "relayedChunks" | "relayedBytes">;
  readonly onWarning?: FinishedHubOptions["onWarning"];
  readonly keyCacheMs?: number;
  /** Unknown API keys that callers of one address may show a second. */
  readonly keyLookupsPerAddress?: number;
  /** How long a call waits for a scheduler. */
  readonly schedulerDeadlineMs: number;
  readonly streamLimits?: StreamLimits;
  /** Watches, submit streams and waiting calls that one key may have open here. */
  readonly streamsPerKey?: number;
  /** Jobs whose end submit streams of one key may have yet to tell here. */
  readonly awaitedPerKey?: number;
  /** Jobs of one key that calls may be submitting here. */
  readonly submissionsPerKey?: number;
  /** Documents of one key that may be being uploaded here. */
  readonly uploadsPerKey?: number;
  readonly uploadTimes?: UploadTimes;
  /** What the documents of a key may take whose budget does not say; 0, and left out: no bound. */
  readonly documentBytesPerKey?: number;
}

const submitPaths = new Set(
  [JobService.method.submitJob, JobService.method.submitJobs].map(methodPath),
);

export function gatewayParts(options: GatewayOptions): GatewayParts {
  const { scheduler, documents, clock, metrics, streamLimits = defaultStreamLimits } = options;
  const hub = createFinishedHub({
    ...options,
    onAwaited: (count) => metrics.awaitedJobs.set(count),
  });
  const submit = createSubmitter(options);
  const submissions = openSubmissions(options.submissionsPerKey ?? DEFAULT_SUBMISSIONS_PER_KEY);
  const { keyCacheMs, keyLookupsPerAddress } = options;
  const { authenticate, onRevoked } = createAuthenticator(scheduler, {
    clock,
    ...(keyCacheMs === undefined ? {} : { keyCacheMs }),
    ...(keyLookupsPerAddress === undefined ? {} : { lookupsPerAddress: keyLookupsPerAddress }),
  });
  return {
    uploads: openUploads(options.uploadsPerKey ?? DEFAULT_UPLOADS_PER_KEY),
    uploadTimes: options.uploadTimes ?? defaultUploadTimes,
    documentBytesPerKey: options.documentBytesPerKey || Number.POSITIVE_INFINITY,
    ...{ scheduler, documents, clock, hub, metrics, streamLimits, submit, onRevoked },
    streams: openStreams(options.streamsPerKey ?? DEFAULT_STREAMS_PER_KEY),
    awaited: awaitedJobs(options.awaitedPerKey ?? DEFAULT_AWAITED_PER_KEY),
    async authenticate(headers, path, peer) {
      const caller = await authenticate(headers, peer);
      if (submitPaths.has(path)) submissions.check(caller.keyId);
      return caller;
    },
    async submitCall(keyId, specs, how) {
      using _ = submissions.enter(keyId, specs.length);
      return await submit(keyId, specs, how);
    },
    watch: createJobWatcher({ ...options, giveUpAfterMs: options.schedulerDeadlineMs }),
    close: () => hub.close(),
  };
}
