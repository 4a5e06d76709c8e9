import type { DocumentStore } from "@millrace/documents";
import { methodPath } from "@millrace/grpc";
import { GroupService } from "@millrace/proto/group-service";
import { JobService } from "@millrace/proto/job-service";
import {
  type CallHeaders,
  defaultUploadTimes,
  type RpcFault,
  type UploadTimes,
} from "@millrace/runtime";
import type { Clock, Random } from "@millrace/shared";
import type { GatewayMetrics } from "@millrace/telemetry";
import { type Caller, createAuthenticator } from "./callers/caller.ts";
import { assertTokenAllows, DEFAULT_JOB_TOKEN_MS } from "./callers/job-token-rights.ts";
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
import { STREAMS_PER_JOB_TOKEN } from "./callers/stream-place.ts";
import { createGroupCreator, type GroupCreator } from "./grouping/group-creator.ts";
import { GroupPriorities } from "./grouping/group-priorities.ts";
import { conditionCheck } from "./quoting/conditions.ts";
import { type JobCounter, jobCounter } from "./quoting/counted-jobs.ts";
import { tokensOfSize } from "./quoting/document-tokens.ts";
import type { Scheduler } from "./scheduler/scheduler-client.ts";
import type { SchedulerClock } from "./scheduler/scheduler-clock.ts";
import { jobPreparer } from "./submitting/prepare-job.ts";
import { type ScheduledJobs, scheduledJobs } from "./submitting/scheduled-jobs.ts";
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
  /** Checks jobs, and counts their tokens for a quote. */
  readonly countJobs: JobCounter;
  readonly createGroup: GroupCreator;
  readonly prepareScheduled: ScheduledJobs["prepareScheduled"];
  readonly newRunId: ScheduledJobs["newRunId"];
  readonly watch: JobWatcher;
  readonly watchGroup: GroupWatcher;
  readonly hub: FinishedHub;
  readonly metrics: Pick<GatewayMetrics, "relayedChunks" | "relayedBytes">;
  readonly streamLimits: StreamLimits;
  /** Limits the watches, submit streams and waiting calls of each key. */
  readonly streams: KeyLimit;
  /** Limits the watches and waiting calls that the job tokens of each job have open. */
  readonly tokenStreams: KeyLimit;
  /** The longest life of a job token, and the life of one whose caller names none. */
  readonly jobTokenMs: number;
  /** Limits the concurrent uploads of each key. */
  readonly uploads: KeyLimit;
  readonly uploadTimes: UploadTimes;
  /** The most bytes that a key's documents may take if its budget sets no limit; Infinity means no limit. */
  readonly documentBytesPerKey: number;
  /** How long a document is kept after its last use, unless its upload said when it expires. */
  readonly documentRetentionMs: number;
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
  readonly metrics: Pick<GatewayMetrics, "awaitedJobs" | "relayedChunks" | "relayedBytes">;
  readonly onWarning?: FinishedHubOptions["onWarning"];
  readonly keyCacheMs?: number;
  /** How many unknown API keys the callers of one peer address may send per second. */
  readonly keyLookupsPerAddress?: number;
  /** How long a call may take at the schedulers. */
  readonly schedulerDeadlineMs: number;
  readonly streamLimits?: StreamLimits;
  /** How many watches, submit streams and waiting calls one key may have open at this gateway. */
  readonly streamsPerKey?: number;
  /** The longest life of a job token. */
  readonly jobTokenMs?: number;
  /** How many jobs the submit streams of one key may await at this gateway. */
  readonly awaitedPerKey?: number;
  /** How many jobs of one key calls may be submitting at this gateway at once. */
  readonly submissionsPerKey?: number;
  /** How many documents of one key this gateway may receive at once. */
  readonly uploadsPerKey?: number;
  readonly uploadTimes?: UploadTimes;
  /** The most bytes that a key's documents may take if its budget sets no limit; 0 or undefined means no limit. */
  readonly documentBytesPerKey?: number;
  /** How long documents are kept after their last use. Default 30 days. */
  readonly documentRetentionMs?: number;
}

export const DEFAULT_DOCUMENT_RETENTION_MS = 30 * 24 * 3_600_000;

const submitPaths = new Set(
  [
    JobService.method.submitJob,
    JobService.method.submitJobs,
    JobService.method.quoteJobs,
    GroupService.method.createGroup,
  ].map((method) => methodPath(method)),
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
  const countJobs = jobCounter({ documents, countDocument: async (one) => tokensOfSize(one) });
  const checkConditions = conditionCheck(scheduler, countJobs);
  const submit = createSubmitter({ ...options, prepare, checkConditions });
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
    documentRetentionMs: options.documentRetentionMs ?? DEFAULT_DOCUMENT_RETENTION_MS,
    documentBytesPerKey: options.documentBytesPerKey || Number.POSITIVE_INFINITY,
    ...{ scheduler, documents, clock, random, hub, metrics, streamLimits, submit, onRevoked },
    streams: openStreams(options.streamsPerKey ?? DEFAULT_STREAMS_PER_KEY),
    tokenStreams: openStreams(STREAMS_PER_JOB_TOKEN),
    jobTokenMs: options.jobTokenMs ?? DEFAULT_JOB_TOKEN_MS,
    awaited: awaitedJobs(options.awaitedPerKey ?? DEFAULT_AWAITED_PER_KEY),
    async authenticate(headers, path, peer) {
      const caller = await authenticate(headers, peer);
      assertTokenAllows(caller, path);
      if (submitPaths.has(path)) submissions.check(caller.keyId);
      return caller;
    },
    async submitCall(keyId, specs, how) {
      using _ = submissions.enter(keyId, specs.length);
      return await submit(keyId, specs, how);
    },
    submissions,
    countJobs,
    createGroup: createGroupCreator({ ...options, prepare, priorities }),
    ...scheduledJobs({ ...options, prepare }),
    watch: createJobWatcher({ ...options, giveUpAfterMs: options.schedulerDeadlineMs }),
    watchGroup: createGroupWatcher({ ...options, giveUpAfterMs: options.schedulerDeadlineMs }),
    close: () => hub.close(),
  };
}
