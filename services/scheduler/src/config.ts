import { hostname } from "node:os";
import {
  type Config,
  defineConfig,
  destinationSettings,
  documentBytesSetting,
  documentPlaceProblems,
  documentPlaceSettings,
  inflowSettings,
  isLoopback,
  lingerSettings,
  observeSettings,
  originsSetting,
  readinessSettings,
  type SecretSource,
  secretFileSetting,
  secretProblems,
  secretSettings,
  setting,
  tlsSettings,
  wholeNumber,
} from "@millrace/runtime";
import { z } from "zod";
import { spendSettings } from "./operators/spend-settings.ts";
import { redisProblems, redisSettings } from "./store/redis-settings.ts";
import { gatewayTokens } from "./tokens/gateway-tokens.ts";
import { operatorTokens } from "./tokens/operator-tokens.ts";
import { workerTokens } from "./tokens/worker-tokens.ts";
import { sealingKeys } from "./webhooks/sealing.ts";

const DAY_MS = 24 * 3_600_000;
const port = wholeNumber(0, 65_535);
/**
 * The upper bound catches typing errors. Node cannot wait longer than 24 days: such a pause would silently break the
 * loop.
 */
const pause = (mostMs: number) => wholeNumber(10, mostMs);

/** Tokens as text, which `parse` must accept. The text stays text here: whoever reads the token or its file parses it. */
const tokens = (parse: (text: string) => unknown) =>
  z
    .string()
    .superRefine((text, context) => {
      try {
        parse(text);
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as Error).message });
      }
    })
    .optional();

const settings = {
  ...redisSettings,
  memoryShedPercent: setting(
    "MILLRACE_REDIS_MEMORY_SHED_PERCENT",
    wholeNumber(10, 99).default(90),
    "Redis memory, in percent of maxmemory, from which the scheduler refuses new jobs.",
  ),
  memoryResumePercent: setting(
    "MILLRACE_REDIS_MEMORY_RESUME_PERCENT",
    wholeNumber(5, 98).default(85),
    "Redis memory, in percent of maxmemory, at which the scheduler accepts new jobs again.",
  ),
  storedBytesPerKey: setting(
    "MILLRACE_STORED_BYTES_PER_KEY",
    wholeNumber(0).optional(),
    "How many bytes the jobs of one API key may take in each queue, if its budget sets no limit; 0 means no limit. Default: half of Redis' maxmemory (4 GiB where it has none), divided by the number of queues.",
  ),
  schedulesPerKey: setting(
    "MILLRACE_SCHEDULES_PER_KEY",
    wholeNumber(0, 100_000).default(1_000),
    "How many schedules an API key may have in each queue.",
  ),
  providerFailures: setting(
    "MILLRACE_PROVIDER_FAILURES",
    wholeNumber(2, 100).default(5),
    "How many failures of a provider account in a row, from at least two jobs, start a cool-down of the account for all jobs.",
  ),
  ...spendSettings,
  host: setting(
    "MILLRACE_SCHEDULER_HOST",
    z.string().default("127.0.0.1"),
    "Address on which the scheduler listens for gateways and workers.",
  ),
  port: setting("MILLRACE_SCHEDULER_PORT", port.default(7071), "Port for gRPC."),
  internalToken: setting(
    "MILLRACE_INTERNAL_TOKEN",
    tokens(gatewayTokens),
    "The tokens that gateways may send, separated by commas. Required unless MILLRACE_SCHEDULER_HOST is a loopback address.",
  ),
  internalTokenFile: secretFileSetting("MILLRACE_INTERNAL_TOKEN"),
  workerPort: setting(
    "MILLRACE_WORKER_PORT",
    port.default(7072),
    "Port for workers, on the address of MILLRACE_SCHEDULER_HOST.",
  ),
  workerToken: setting(
    "MILLRACE_WORKER_TOKEN",
    tokens(workerTokens),
    "The tokens that workers may send, separated by commas. Each is written as token, name:token or name:token;queues=a b;pools=c. Required unless MILLRACE_SCHEDULER_HOST is a loopback address.",
  ),
  workerTokenFile: secretFileSetting("MILLRACE_WORKER_TOKEN"),
  adminHost: setting(
    "MILLRACE_ADMIN_HOST",
    z.string().default("127.0.0.1"),
    "Address on which the scheduler listens for operators.",
  ),
  adminPort: setting("MILLRACE_ADMIN_PORT", port.default(7075), "Port for operators."),
  adminHttpPort: setting(
    "MILLRACE_ADMIN_HTTP_PORT",
    port.default(7076),
    "Port for operators over Connect and gRPC-Web, on the address of MILLRACE_ADMIN_HOST; with 0, the system chooses a free port.",
  ),
  adminAllowedOrigins: originsSetting(
    "MILLRACE_ADMIN_ALLOWED_ORIGINS",
    "Origins of the web pages that may call AdminService from a browser, separated by commas; * allows all.",
  ),
  adminToken: setting(
    "MILLRACE_ADMIN_TOKEN",
    tokens(operatorTokens),
    "The tokens that operators may send, separated by commas. Each is written as name:token, or as name:token;role=reader for somebody who may only look. Required unless MILLRACE_ADMIN_HOST is a loopback address.",
  ),
  adminTokenFile: secretFileSetting("MILLRACE_ADMIN_TOKEN"),
  scalerHost: setting(
    "MILLRACE_SCALER_HOST",
    z.string().default("127.0.0.1"),
    "Address on which the scheduler listens for KEDA.",
  ),
  scalerPort: setting(
    "MILLRACE_SCALER_PORT",
    port.optional(),
    "Port for KEDA's external scaler. Without it, the scheduler does not listen for KEDA.",
  ),
  podDeletionCostMs: setting(
    "MILLRACE_POD_DELETION_COST_MS",
    wholeNumber(1_000, 600_000).optional(),
    "How often the scheduler writes how busy its workers are into their pods, in milliseconds, so that Kubernetes deletes idle ones first when it scales down. Needs a service account that may patch pods. Without it, the scheduler does not call the Kubernetes API.",
  ),
  changeLogKeepMs: setting(
    "MILLRACE_CHANGE_LOG_DAYS",
    wholeNumber(1, 3_650)
      .default(365)
      .transform((days) => days * DAY_MS),
    "How many days the change log keeps each change.",
  ),
  changeLogLength: setting(
    "MILLRACE_CHANGE_LOG_LENGTH",
    wholeNumber(100, 1_000_000).default(10_000),
    "How many changes the change log keeps at most.",
  ),
  configFile: setting(
    "MILLRACE_CONFIG_FILE",
    z.string().optional(),
    "A file that declares queues, API keys and provider accounts; the scheduler applies it at start and on SIGHUP.",
  ),
  documents: setting(
    "MILLRACE_DOCUMENTS_DIR",
    z.string().optional(),
    "The directory in which gateways store documents. With it, workers may read the documents of their jobs from the scheduler, and store some.",
  ),
  documentBytesPerKey: documentBytesSetting,
  ...documentPlaceSettings,
  schedulerId: setting(
    "MILLRACE_SCHEDULER_ID",
    z.string().default(() => `${hostname()}-${process.pid}`),
    "This replica's name, for operators and logs.",
  ),
  leaseMs: setting(
    "MILLRACE_LEASE_MS",
    wholeNumber(1_000, 3_600_000).default(30_000),
    "How long a lease lasts without a heartbeat, in milliseconds.",
  ),
  stopGraceMs: setting(
    "MILLRACE_STOP_GRACE_MS",
    wholeNumber(0, 3_600_000).default(10_000),
    "How long an attempt may take to stop before the scheduler takes its lease away, in milliseconds.",
  ),
  webhookEndpointsPerKey: setting(
    "MILLRACE_WEBHOOK_ENDPOINTS_PER_KEY",
    wholeNumber(1, 1_000).default(50),
    "How many webhook endpoints one API key may have.",
  ),
  webhookKey: setting(
    "MILLRACE_WEBHOOK_KEY",
    tokens(sealingKeys),
    "The keys that encrypt the secrets of webhooks, each the base64 of 32 random bytes, separated by commas. The first one encrypts, and all decrypt. Without it there are no webhooks.",
  ),
  webhookKeyFile: secretFileSetting("MILLRACE_WEBHOOK_KEY"),
  webhookRunningPerKey: setting(
    "MILLRACE_WEBHOOK_RUNNING_PER_KEY",
    wholeNumber(1, 10_000).default(16),
    "How many webhook requests of one API key may be under way at once.",
  ),
  webhookRunningPerEndpoint: setting(
    "MILLRACE_WEBHOOK_RUNNING_PER_ENDPOINT",
    wholeNumber(1, 10_000).default(4),
    "How many requests to one webhook endpoint may be under way at once.",
  ),
  webhookFailingMs: setting(
    "MILLRACE_WEBHOOK_FAILING_DAYS",
    wholeNumber(1, 365)
      .default(5)
      .transform((days) => days * DAY_MS),
    "After how many days of nothing but failures a webhook endpoint is disabled.",
  ),
  ...destinationSettings,
  ...tlsSettings,
  ...secretSettings,
  ...readinessSettings,
  ...lingerSettings,
  ...inflowSettings,
  ...observeSettings(7073),
  reapEveryMs: setting(
    "MILLRACE_REAP_EVERY_MS",
    pause(60_000).default(1_000),
    "Pause between two searches for expired leases, in milliseconds.",
  ),
  promoteEveryMs: setting(
    "MILLRACE_PROMOTE_EVERY_MS",
    pause(60_000).default(250),
    "Pause between two searches for scheduled jobs that are due, in milliseconds.",
  ),
  pruneEveryMs: setting(
    "MILLRACE_PRUNE_EVERY_MS",
    pause(3_600_000).default(10_000),
    "Pause between two searches for finished jobs past their retention, in milliseconds.",
  ),
};

/** Requires a token for each listener that other machines can reach. */
export const SchedulerConfig = defineConfig(settings, (config) => [
  ...redisProblems(config),
  ...(config.memoryResumePercent < config.memoryShedPercent
    ? []
    : ["MILLRACE_REDIS_MEMORY_RESUME_PERCENT: less than MILLRACE_REDIS_MEMORY_SHED_PERCENT"]),
  ...[...Object.values(tokenSources(config)), sealingKeySource(config)].flatMap(secretProblems),
  ...missingTokens(config),
  ...documentPlaceProblems(config, false),
]);

/** All settings of a scheduler, after validation. */
export type SchedulerSettings = Config<typeof settings>;

type TokenSettings = Config<
  Pick<
    typeof settings,
    | "internalToken"
    | "internalTokenFile"
    | "workerToken"
    | "workerTokenFile"
    | "adminToken"
    | "adminTokenFile"
  >
>;

/** Says where the tokens of each listener come from. */
export function tokenSources(config: TokenSettings) {
  const source = (
    env: string,
    value: string | undefined,
    file: string | undefined,
  ): SecretSource => ({
    ...{ env, value, file },
  });
  return {
    gateways: source("MILLRACE_INTERNAL_TOKEN", config.internalToken, config.internalTokenFile),
    workers: source("MILLRACE_WORKER_TOKEN", config.workerToken, config.workerTokenFile),
    operators: source("MILLRACE_ADMIN_TOKEN", config.adminToken, config.adminTokenFile),
  };
}

/** Says where the keys that encrypt the secrets of webhooks come from. */
export const sealingKeySource = ({
  webhookKey: value,
  webhookKeyFile: file,
}: Config<Pick<typeof settings, "webhookKey" | "webhookKeyFile">>): SecretSource => ({
  env: "MILLRACE_WEBHOOK_KEY",
  value,
  file,
});

function missingTokens(
  config: TokenSettings & { readonly host: string; readonly adminHost: string },
): readonly string[] {
  const { gateways, workers, operators } = tokenSources(config);
  const listeners = [
    [gateways, "MILLRACE_SCHEDULER_HOST", config.host],
    [workers, "MILLRACE_SCHEDULER_HOST", config.host],
    [operators, "MILLRACE_ADMIN_HOST", config.adminHost],
  ] as const;
  return listeners.flatMap(([{ env, value, file }, setting, host]) =>
    isLoopback(host) || value !== undefined || file !== undefined
      ? []
      : [`${env}: set it, or ${env}_FILE, or listen on 127.0.0.1 (${setting})`],
  );
}
