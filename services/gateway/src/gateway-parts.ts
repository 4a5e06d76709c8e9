import type { DocumentStore } from "@millrace/documents";
import { methodPath } from "@millrace/grpc";
import { GroupService } from "@millrace/proto/group-service";
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
import { createGroupCreator, type GroupCreator } from "./grouping/group-creator.ts";
import { GroupPriorities } from "./grouping/group-priorities.ts";
import type { Scheduler } from "./scheduler/scheduler-client.ts";
import type { SchedulerClock } from "./scheduler/scheduler-clock.ts";
import { jobPreparer } from "./submitting/prepare-job.ts";
import { createSubmitter, type Submitter } from "./submitting/submitter.ts";
import {
  createFinishedHub,
  type FinishedHub,
  type FinishedHubOptions,
} from "./watching/finished-hub.ts";
import { createGroupWatcher, type GroupWatcher } from "./watching/group-watcher.ts";
import { createJobWatcher, type JobWatcher } from "./watching/job-watcher.ts";

/** Limits of one SubmitStream: on its jobs, beyond which the gateway stops reading (back-pressure), and on its age. */
export interface StreamLimits {
  /** Jobs that have no answer yet. */
  readonly unanswered: number;
  /** Jobs whose end the caller wants to know, and has not received yet. */
  readonly unfinished: number;
  /**
   * The stream's longest life. It must be shorter than that of a connection, whose end would cut the stream. Reopened
   * streams also find new replicas.
   */
  readonly ageMs: number;
}

export const defaultStreamLimits: StreamLimits = {
  unanswered: 4_000,
  unfinished: 50_000,
  ageMs: 1_800_000,
};

/** What the handlers are built from. */
export interface GatewayParts {
  readonly scheduler: Scheduler;
  readonly documents: DocumentStore;
  readonly clock: Clock;
  /** Makes ids and secrets of webhook endpoints. */
  readonly random: Random;
  /** Also refuses calls that submit jobs, before their message is read, if their key has too many submissions under way. */
  readonly authenticate: (headers: CallHeaders, path: string, peer: string) => Promise<Caller>;
  /** Calls `end` once the caller's key is revoked. Returns a function that stops the watch. */
  readonly onRevoked: (caller: Caller, end: (fault: RpcFault) => void) => () => void;
  /** Submits jobs of streams, each of which has its own limit. */
  readonly submit: Submitter;
  /** Submits jobs of other calls. Rejects with TOO_MANY_SUBMISSIONS too. */
  readonly submitCall: Submitter;
  /** Limits the jobs that `submitCall`, and calls that create groups, have under way. */
  readonly submissions: KeyLimit;
  readonly createGroup: GroupCreator;
  readonly watch: JobWatcher;
  readonly watchGroup: GroupWatcher;
  readonly hub: FinishedHub;
  readonly metrics: Pick<Metrics, "relayedChunks" | "relayedBytes">;
  readonly streamLimits: StreamLimits;
  /** Limits the watches, submit streams and waiting calls of each key. */
  readonly streams: KeyLimit;
  /** Limits the concurrent uploads of each key. */
  readonly uploads: KeyLimit;
  readonly uploadTimes: UploadTimes;
  /** The most bytes that a key's documents may take if its budget sets no limit; Infinity means no limit. */
  readonly documentBytesPerKey: number;
  /** Limits the jobs whose end the submit streams of a key have not reported yet. */
  readonly awaited: KeyTotal;
  /** Ends the hub's stream. The caller of `gatewayParts` closes what it passed in. */
  close(): void;
}

export interface GatewayOptions {
  readonly scheduler: Scheduler;
  readonly documents: DocumentStore;
  readonly clock: Clock;
  /** The clock that stamps jobs. */
  readonly schedulerClock: SchedulerClock;
  readonly random: Random;
  readonly metrics: Pick<Metrics, "awaitedJobs" | "relayedChunks" | "relayedBytes">;
  readonly onWarning?: FinishedHubOptions["onWarning"];
  readonly keyCacheMs?: number;
  /** How many unknown API keys the callers of one peer address may send per second. */
  readonly keyLookupsPerAddress?: number;
  /** How long a call may take at the schedulers. */
  readonly schedulerDeadlineMs: number;
  readonly streamLimits?: StreamLimits;
  /** How many watches, submit streams and waiting calls one key may have open at this gateway. */
  readonly streamsPerKey?: number;
  /** How many jobs the submit streams of one key may await at this gateway. */
  readonly awaitedPerKey?: number;
  /** How many jobs of one key calls may be submitting at this gateway at once. */
  readonly submissionsPerKey?: number;
  /** How many documents of one key this gateway may receive at once. */
  readonly uploadsPerKey?: number;
  readonly uploadTimes?: UploadTimes;
  /** The most bytes that a key's documents may take if its budget sets no limit; 0 or undefined means no limit. */
  readonly documentBytesPerKey?: number;
}

const submitPaths = new Set(
  [JobService.method.submitJob, JobService.method.submitJobs, GroupService.method.createGroup].map(
    (method) => methodPath(method),
  ),
);

export function gatewayParts(options: GatewayOptions): GatewayParts {
  const {
    scheduler,
    documents,
    clock,
    random,
    metrics,
    streamLimits = defaultStreamLimits,
  } = options;
  const hub = createFinishedHub({
    ...options,
    onAwaited: (count) => metrics.awaitedJobs.set(count),
  });
  const priorities = new GroupPriorities(scheduler);
  const prepare = jobPreparer({ documents, priorities });
  const submit = createSubmitter({ ...options, prepare });
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
    ...{ scheduler, documents, clock, random, hub, metrics, streamLimits, submit, onRevoked },
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
    submissions,
    createGroup: createGroupCreator({ ...options, prepare, priorities }),
    watch: createJobWatcher({ ...options, giveUpAfterMs: options.schedulerDeadlineMs }),
    watchGroup: createGroupWatcher({ ...options, giveUpAfterMs: options.schedulerDeadlineMs }),
    close: () => hub.close(),
  };
}
