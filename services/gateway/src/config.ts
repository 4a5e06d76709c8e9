import {
  type Config,
  defaultUploadTimes,
  defineConfig,
  documentAddressSettings,
  documentBytesSetting,
  documentPlaceOf,
  documentPlaceProblems,
  documentPlaceSettings,
  inflowSettings,
  lingerSettings,
  observeSettings,
  originsSetting,
  readinessSettings,
  type SecretSource,
  schedulerTlsSettings,
  secretFileSetting,
  secretProblems,
  secretSettings,
  setting,
  tlsSettings,
  wholeNumber,
} from "@millrace/runtime";
import { type Clock, limits } from "@millrace/shared";
import { z } from "zod";
import { DEFAULT_KEY_CACHE_MS, DEFAULT_KEY_LOOKUPS_PER_ADDRESS } from "./callers/caller.ts";
import { DEFAULT_JOB_TOKEN_MS } from "./callers/job-token-rights.ts";
import {
  DEFAULT_AWAITED_PER_KEY,
  DEFAULT_STREAMS_PER_KEY,
  DEFAULT_SUBMISSIONS_PER_KEY,
  DEFAULT_UPLOADS_PER_KEY,
} from "./callers/key-limit.ts";
import { DEFAULT_DOCUMENT_RETENTION_MS, defaultStreamLimits } from "./gateway-parts.ts";
import { modelPlaces } from "./openai/jobs/model-places.ts";

const port = wholeNumber(0, 65_535);

const count = wholeNumber(1);

const settings = {
  host: setting(
    "MILLRACE_GATEWAY_HOST",
    z.string().default("127.0.0.1"),
    "Address on which the gateway listens for gRPC.",
  ),
  port: setting("MILLRACE_GATEWAY_PORT", port.default(7400), "Port for gRPC."),
  httpHost: setting(
    "MILLRACE_HTTP_HOST",
    z.string().default("127.0.0.1"),
    "Address on which the gateway listens for HTTP.",
  ),
  httpPort: setting(
    "MILLRACE_HTTP_PORT",
    port.default(7480),
    "Port for HTTP, Connect and gRPC-Web; with 0, the system chooses a free port.",
  ),
  allowedOrigins: originsSetting(
    "MILLRACE_HTTP_ALLOWED_ORIGINS",
    "Origins of the web pages that may call from a browser, separated by commas; * allows all.",
  ),
  scheduler: setting(
    "MILLRACE_SCHEDULER_ADDRESS",
    z.string(),
    "The scheduler's address, as host:port.",
  ),
  internalToken: setting(
    "MILLRACE_INTERNAL_TOKEN",
    z.string().optional(),
    "The token that this gateway sends to the scheduler. Of several, separated by commas, the gateway sends the first.",
  ),
  internalTokenFile: secretFileSetting("MILLRACE_INTERNAL_TOKEN"),
  schedulerDeadlineMs: setting(
    "MILLRACE_SCHEDULER_DEADLINE_MS",
    wholeNumber(100, 600_000).default(8_000),
    "How long a call may take at the schedulers, retries included, in milliseconds.",
  ),
  streamUnanswered: setting(
    "MILLRACE_STREAM_UNANSWERED",
    count.default(defaultStreamLimits.unanswered),
    "How many jobs of one SubmitStream may be unanswered. The gateway then reads no further jobs (back-pressure).",
  ),
  streamUnfinished: setting(
    "MILLRACE_STREAM_UNFINISHED",
    count.default(defaultStreamLimits.unfinished),
    "How many jobs of one SubmitStream may be awaited, their end not yet sent. The gateway then reads no further jobs (back-pressure).",
  ),
  streamAgeMs: setting(
    "MILLRACE_STREAM_AGE_MS",
    wholeNumber(100, 3_600_000).default(defaultStreamLimits.ageMs),
    "How long a SubmitStream may last, in milliseconds. The gateway then ends it, and the caller opens another.",
  ),
  streamsPerKey: setting(
    "MILLRACE_STREAMS_PER_KEY",
    count.default(DEFAULT_STREAMS_PER_KEY),
    "How many watches, submit streams and calls that wait for a job one API key may have open at this gateway.",
  ),
  awaitedPerKey: setting(
    "MILLRACE_AWAITED_PER_KEY",
    count.default(DEFAULT_AWAITED_PER_KEY),
    "How many jobs the submit streams of one API key may await at this gateway, their end not yet sent.",
  ),
  submissionsPerKey: setting(
    "MILLRACE_SUBMISSIONS_PER_KEY",
    count.default(DEFAULT_SUBMISSIONS_PER_KEY),
    "How many jobs of one API key this gateway may be submitting at once for calls other than SubmitStream.",
  ),
  uploadsPerKey: setting(
    "MILLRACE_UPLOADS_PER_KEY",
    count.default(DEFAULT_UPLOADS_PER_KEY),
    "How many documents of one API key this gateway may receive at once.",
  ),
  uploadIdleMs: setting(
    "MILLRACE_UPLOAD_IDLE_MS",
    wholeNumber(100, 3_600_000).default(defaultUploadTimes.idleMs),
    "How long an upload may send nothing before the gateway ends it, in milliseconds.",
  ),
  uploadMs: setting(
    "MILLRACE_UPLOAD_MS",
    wholeNumber(100, 86_400_000).default(defaultUploadTimes.totalMs),
    "How long an upload may take in total before the gateway ends it, in milliseconds.",
  ),
  documentBytesPerKey: documentBytesSetting,
  documentRetentionMs: setting(
    "MILLRACE_DOCUMENT_RETENTION_MS",
    wholeNumber(60_000).default(DEFAULT_DOCUMENT_RETENTION_MS),
    "How long a document is kept after the last job that named it has ended, in milliseconds, unless its upload said when it expires.",
  ),
  documentCollectMs: setting(
    "MILLRACE_DOCUMENT_COLLECT_MS",
    wholeNumber(1_000, 86_400_000).default(3_600_000),
    "How often the gateway looks for documents whose time is over, in milliseconds.",
  ),
  documentGraceMs: setting(
    "MILLRACE_DOCUMENT_GRACE_MS",
    wholeNumber(1_000, 86_400_000).default(60_000),
    "How long the gateway spares a document after its last use, in milliseconds. A submission that names the document must not take longer: its job is not seen before it is stored.",
  ),
  keyCacheMs: setting(
    "MILLRACE_KEY_CACHE_MS",
    wholeNumber(0, 600_000).default(DEFAULT_KEY_CACHE_MS),
    "How long the gateway caches an API key, in milliseconds. A revoked key may work for as long.",
  ),
  keyLookupsPerAddress: setting(
    "MILLRACE_KEY_LOOKUPS_PER_ADDRESS",
    count.default(DEFAULT_KEY_LOOKUPS_PER_ADDRESS),
    "How many unknown API keys the callers of one peer address may send per second, with bursts of ten times as many.",
  ),
  openAiQueue: setting(
    "MILLRACE_OPENAI_QUEUE",
    z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, "must be the name of a queue")
      .default("documents"),
    "The queue of calls of OpenAI's API.",
  ),
  batchFileBytes: setting(
    "MILLRACE_BATCH_FILE_BYTES",
    wholeNumber(1).default(limits.batchFileBytes),
    "The largest size of a file that is uploaded for a batch of OpenAI's API, in bytes. The largest size of documents holds if it is larger.",
  ),
  syncWaitMs: setting(
    "MILLRACE_SYNC_WAIT_MS",
    wholeNumber(1_000, 86_400_000).default(600_000),
    "How long a call of OpenAI's API without a stream waits for its job, in milliseconds. It is then answered 408, and its job goes on.",
  ),
  jobTokenMs: setting(
    "MILLRACE_JOB_TOKEN_MS",
    wholeNumber(1_000, 86_400_000).default(DEFAULT_JOB_TOKEN_MS),
    "The longest life of a job token, in milliseconds. A token whose caller names no lifetime gets this one.",
  ),
  ...inflowSettings,
  ...tlsSettings,
  ...secretSettings,
  ...readinessSettings,
  ...lingerSettings,
  ...schedulerTlsSettings,
  ...observeSettings(7401),
  documents: setting(
    "MILLRACE_DOCUMENTS_DIR",
    z.string().optional(),
    "The directory in which the gateway stores documents.",
  ),
  ...documentPlaceSettings,
  ...documentAddressSettings,
  documentBytes: setting(
    "MILLRACE_DOCUMENT_BYTES",
    wholeNumber(1).default(limits.documentBytes),
    "The largest size of a document, in bytes.",
  ),
};

type TokenSettings = Config<Pick<typeof settings, "internalToken" | "internalTokenFile">>;

/** Says where the gateway's token for the scheduler comes from. */
export const internalTokenSource = (config: TokenSettings): SecretSource => ({
  ...{ env: "MILLRACE_INTERNAL_TOKEN", value: config.internalToken },
  file: config.internalTokenFile,
});

/** Says where documents are. The settings name one place. */
export function placeOf(config: Config<typeof settings>) {
  const place = documentPlaceOf(config);
  if (place === undefined) throw new Error("the settings name no place of documents");
  return place;
}

/** What the settings say of OpenAI's API. */
export const openAiOptions = (
  config: Config<typeof settings>,
  scheduler: Parameters<typeof modelPlaces>[0],
  clock: Clock,
) => ({
  places: modelPlaces(scheduler, config.openAiQueue, clock),
  syncWaitMs: config.syncWaitMs,
  batchFileBytes: config.batchFileBytes,
});

/** Collects the limits per caller and per API key. */
export const callerLimits = (config: Config<typeof settings>) => ({
  keyCacheMs: config.keyCacheMs,
  keyLookupsPerAddress: config.keyLookupsPerAddress,
  jobTokenMs: config.jobTokenMs,
  awaitedPerKey: config.awaitedPerKey,
  streamLimits: {
    unanswered: config.streamUnanswered,
    unfinished: config.streamUnfinished,
    ageMs: config.streamAgeMs,
  },
  streamsPerKey: config.streamsPerKey,
  submissionsPerKey: config.submissionsPerKey,
  uploadsPerKey: config.uploadsPerKey,
  uploadTimes: { idleMs: config.uploadIdleMs, totalMs: config.uploadMs },
  documentBytesPerKey: config.documentBytesPerKey,
  documentRetentionMs: config.documentRetentionMs,
});

export const GatewayConfig = defineConfig(settings, (config) => [
  ...secretProblems(internalTokenSource(config)),
  ...documentPlaceProblems(config, true),
]);
