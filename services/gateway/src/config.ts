import {
  type Config,
  defineConfig,
  inflowSettings,
  observeSettings,
  readinessSettings,
  type SecretSource,
  schedulerTlsSettings,
  secretFileSetting,
  secretProblems,
  secretSettings,
  setting,
  tlsSettings,
} from "@millrace/runtime";
import { limits } from "@millrace/shared";
import { z } from "zod";
import { DEFAULT_KEY_CACHE_MS, DEFAULT_KEY_LOOKUPS_PER_ADDRESS } from "./callers/caller.ts";
import {
  DEFAULT_AWAITED_PER_KEY,
  DEFAULT_STREAMS_PER_KEY,
  DEFAULT_SUBMISSIONS_PER_KEY,
  DEFAULT_UPLOADS_PER_KEY,
} from "./callers/key-limit.ts";
import { defaultUploadTimes } from "./documents/upload-deadline.ts";
import { defaultStreamLimits } from "./gateway-parts.ts";

/** Of keys whose budget does not say. */
const DEFAULT_DOCUMENT_BYTES_PER_KEY = 10 * 1024 ** 3;

const port = z.coerce.number().int().min(0).max(65_535);

const isOrigin = (text: string): boolean => text === "*" || URL.parse(text)?.origin === text;
const count = z.coerce.number().int().min(1);

const settings = {
  host: setting("MILLRACE_GATEWAY_HOST", z.string().default("127.0.0.1"), "Address to listen on."),
  port: setting("MILLRACE_GATEWAY_PORT", port.default(7400), "Port for gRPC."),
  httpHost: setting(
    "MILLRACE_HTTP_HOST",
    z.string().default("127.0.0.1"),
    "Address to listen on for HTTP.",
  ),
  httpPort: setting(
    "MILLRACE_HTTP_PORT",
    port.default(7480),
    "Port for HTTP, Connect and gRPC-Web; 0 takes a free one.",
  ),
  allowedOrigins: setting(
    "MILLRACE_HTTP_ALLOWED_ORIGINS",
    z
      .string()
      .default("")
      .transform((text) => text.split(",").map((origin) => origin.trim()))
      .transform((origins) => origins.filter((origin) => origin !== ""))
      .pipe(z.array(z.string().refine(isOrigin, "must be origins such as https://app.example"))),
    "Origins of pages that may call from a browser, by commas; * for all.",
  ),
  scheduler: setting("MILLRACE_SCHEDULER_ADDRESS", z.string(), "The scheduler's host:port."),
  internalToken: setting(
    "MILLRACE_INTERNAL_TOKEN",
    z.string().optional(),
    "What this gateway shows the scheduler; of several by commas, the first.",
  ),
  internalTokenFile: secretFileSetting("MILLRACE_INTERNAL_TOKEN"),
  schedulerDeadlineMs: setting(
    "MILLRACE_SCHEDULER_DEADLINE_MS",
    z.coerce.number().int().min(100).max(600_000).default(8_000),
    "How long a call waits for a scheduler, tries included, in milliseconds.",
  ),
  streamUnanswered: setting(
    "MILLRACE_STREAM_UNANSWERED",
    count.default(defaultStreamLimits.unanswered),
    "Jobs that a SubmitStream may have without an answer before its caller has to wait.",
  ),
  streamUnfinished: setting(
    "MILLRACE_STREAM_UNFINISHED",
    count.default(defaultStreamLimits.unfinished),
    "Jobs whose end a SubmitStream may have yet to tell before its caller has to wait.",
  ),
  streamAgeMs: setting(
    "MILLRACE_STREAM_AGE_MS",
    z.coerce.number().int().min(100).max(3_600_000).default(defaultStreamLimits.ageMs),
    "How long a SubmitStream may last before its caller is asked to open another, in milliseconds.",
  ),
  streamsPerKey: setting(
    "MILLRACE_STREAMS_PER_KEY",
    count.default(DEFAULT_STREAMS_PER_KEY),
    "Watches, submit streams and calls that wait for a job that one API key may have open at this gateway.",
  ),
  awaitedPerKey: setting(
    "MILLRACE_AWAITED_PER_KEY",
    count.default(DEFAULT_AWAITED_PER_KEY),
    "Jobs whose end the submit streams of one API key may have yet to tell at this gateway.",
  ),
  submissionsPerKey: setting(
    "MILLRACE_SUBMISSIONS_PER_KEY",
    count.default(DEFAULT_SUBMISSIONS_PER_KEY),
    "Jobs of one API key that calls, other than SubmitStream, may be submitting at this gateway.",
  ),
  uploadsPerKey: setting(
    "MILLRACE_UPLOADS_PER_KEY",
    count.default(DEFAULT_UPLOADS_PER_KEY),
    "Documents of one API key that may be being uploaded at this gateway.",
  ),
  uploadIdleMs: setting(
    "MILLRACE_UPLOAD_IDLE_MS",
    z.coerce.number().int().min(100).max(3_600_000).default(defaultUploadTimes.idleMs),
    "How long an upload may stand still before it is given up, in milliseconds.",
  ),
  uploadMs: setting(
    "MILLRACE_UPLOAD_MS",
    z.coerce.number().int().min(100).max(86_400_000).default(defaultUploadTimes.totalMs),
    "How long an upload may take in all before it is given up, in milliseconds.",
  ),
  documentBytesPerKey: setting(
    "MILLRACE_DOCUMENT_BYTES_PER_KEY",
    z.coerce.number().int().min(0).default(DEFAULT_DOCUMENT_BYTES_PER_KEY),
    "Bytes that the documents of one API key may take, where its budget does not say; 0: no bound.",
  ),
  keyCacheMs: setting(
    "MILLRACE_KEY_CACHE_MS",
    z.coerce.number().int().min(0).max(600_000).default(DEFAULT_KEY_CACHE_MS),
    "How long an API key is taken to be known, and a revoked one may still work, in milliseconds.",
  ),
  keyLookupsPerAddress: setting(
    "MILLRACE_KEY_LOOKUPS_PER_ADDRESS",
    count.default(DEFAULT_KEY_LOOKUPS_PER_ADDRESS),
    "Unknown API keys that callers of one peer address may show a second; ten times as many at once.",
  ),
  ...inflowSettings,
  ...tlsSettings,
  ...secretSettings,
  ...readinessSettings,
  ...schedulerTlsSettings,
  ...observeSettings(7401),
  documents: setting("MILLRACE_DOCUMENTS_DIR", z.string(), "The directory that holds documents."),
  documentBytes: setting(
    "MILLRACE_DOCUMENT_BYTES",
    z.coerce.number().int().min(1).default(limits.documentBytes),
    "The longest document, in bytes.",
  ),
};

type TokenSettings = Config<Pick<typeof settings, "internalToken" | "internalTokenFile">>;

/** Where the token for the scheduler comes from. */
export const internalTokenSource = (config: TokenSettings): SecretSource => ({
  ...{ env: "MILLRACE_INTERNAL_TOKEN", value: config.internalToken },
  file: config.internalTokenFile,
});

/** What callers, and all calls of one API key, may have. */
export const callerLimits = (config: Config<typeof settings>) => ({
  keyCacheMs: config.keyCacheMs,
  keyLookupsPerAddress: config.keyLookupsPerAddress,
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
});

export const GatewayConfig = defineConfig(settings, (config) =>
  secretProblems(internalTokenSource(config)),
);
