import { hostname } from "node:os";
import {
  type Config,
  defineConfig,
  inflowSettings,
  isLoopback,
  observeSettings,
  readinessSettings,
  type SecretSource,
  secretFileSetting,
  secretProblems,
  secretSettings,
  setting,
  tlsSettings,
} from "@millrace/runtime";
import { z } from "zod";
import { redisProblems, redisSettings } from "./store/redis-settings.ts";
import { gatewayTokens } from "./tokens/gateway-tokens.ts";
import { operatorTokens } from "./tokens/operator-tokens.ts";
import { workerTokens } from "./tokens/worker-tokens.ts";

const DAY_MS = 24 * 3_600_000;
const port = z.coerce.number().int().min(0).max(65_535);
/** A timer fires after 24 days at the latest, so that a slip of the hand would stop a duty without a word. */
const pause = (mostMs: number) => z.coerce.number().int().min(10).max(mostMs);

/** Text that `parse` takes. Only a program's parts parse it: a token's file is parsed each time it is read. */
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
    z.coerce.number().int().min(10).max(99).default(90),
    "From which share of Redis' maxmemory on new jobs are refused.",
  ),
  memoryResumePercent: setting(
    "MILLRACE_REDIS_MEMORY_RESUME_PERCENT",
    z.coerce.number().int().min(5).max(98).default(85),
    "Down to which share they then go on being refused.",
  ),
  storedBytesPerKey: setting(
    "MILLRACE_STORED_BYTES_PER_KEY",
    z.coerce.number().int().min(0).optional(),
    "Bytes that the jobs of one API key may take in each queue, where its budget does not say; 0: no bound. Left out: half of Redis' maxmemory (4 GiB where it has none), divided by the number of queues.",
  ),
  providerFailures: setting(
    "MILLRACE_PROVIDER_FAILURES",
    z.coerce.number().int().min(2).max(100).default(5),
    "So many failures of a provider account in a row, of two jobs or more, pause it for all.",
  ),
  host: setting(
    "MILLRACE_SCHEDULER_HOST",
    z.string().default("127.0.0.1"),
    "Address to listen on.",
  ),
  port: setting("MILLRACE_SCHEDULER_PORT", port.default(7071), "Port for gRPC."),
  internalToken: setting(
    "MILLRACE_INTERNAL_TOKEN",
    tokens(gatewayTokens),
    "What gateways must show, several by commas; needed unless MILLRACE_SCHEDULER_HOST is a loopback address.",
  ),
  internalTokenFile: secretFileSetting("MILLRACE_INTERNAL_TOKEN"),
  workerPort: setting(
    "MILLRACE_WORKER_PORT",
    port.default(7072),
    "Port for workers, on the same address.",
  ),
  workerToken: setting(
    "MILLRACE_WORKER_TOKEN",
    tokens(workerTokens),
    "What workers must show, several by commas, each token, name:token or name:token;queues=a b;pools=c; needed unless MILLRACE_SCHEDULER_HOST is a loopback address.",
  ),
  workerTokenFile: secretFileSetting("MILLRACE_WORKER_TOKEN"),
  adminHost: setting(
    "MILLRACE_ADMIN_HOST",
    z.string().default("127.0.0.1"),
    "Address to listen on for operators.",
  ),
  adminPort: setting("MILLRACE_ADMIN_PORT", port.default(7075), "Port for operators."),
  adminToken: setting(
    "MILLRACE_ADMIN_TOKEN",
    tokens(operatorTokens),
    "What operators must show, as name:token, several by commas; needed unless MILLRACE_ADMIN_HOST is a loopback address.",
  ),
  adminTokenFile: secretFileSetting("MILLRACE_ADMIN_TOKEN"),
  changeLogKeepMs: setting(
    "MILLRACE_CHANGE_LOG_DAYS",
    z.coerce
      .number()
      .int()
      .min(1)
      .max(3_650)
      .default(365)
      .transform((days) => days * DAY_MS),
    "How many days what operators changed can be looked up.",
  ),
  changeLogLength: setting(
    "MILLRACE_CHANGE_LOG_LENGTH",
    z.coerce.number().int().min(100).max(1_000_000).default(10_000),
    "How many changes are kept at most.",
  ),
  configFile: setting(
    "MILLRACE_CONFIG_FILE",
    z.string().optional(),
    "A file that declares queues, API keys and provider accounts; applied at start and on SIGHUP.",
  ),
  schedulerId: setting(
    "MILLRACE_SCHEDULER_ID",
    z.string().default(() => `${hostname()}-${process.pid}`),
    "This replica's name, for people and logs.",
  ),
  leaseMs: setting(
    "MILLRACE_LEASE_MS",
    z.coerce.number().int().min(1_000).max(3_600_000).default(30_000),
    "How long a lease lasts without a heartbeat, in milliseconds.",
  ),
  stopGraceMs: setting(
    "MILLRACE_STOP_GRACE_MS",
    z.coerce.number().int().min(0).max(3_600_000).default(10_000),
    "How long an attempt has to stop before its lease is taken away, in milliseconds.",
  ),
  ...tlsSettings,
  ...secretSettings,
  ...readinessSettings,
  ...inflowSettings,
  ...observeSettings(7073),
  reapEveryMs: setting(
    "MILLRACE_REAP_EVERY_MS",
    pause(60_000).default(1_000),
    "Pause between looks for leases that ran out, in milliseconds.",
  ),
  promoteEveryMs: setting(
    "MILLRACE_PROMOTE_EVERY_MS",
    pause(60_000).default(250),
    "Pause between looks for scheduled jobs that are due, in milliseconds.",
  ),
  pruneEveryMs: setting(
    "MILLRACE_PRUNE_EVERY_MS",
    pause(3_600_000).default(10_000),
    "Pause between looks for finished jobs to remove, in milliseconds.",
  ),
};

/** A listener that others can reach lets nobody in without a token. */
export const SchedulerConfig = defineConfig(settings, (config) => [
  ...redisProblems(config),
  ...(config.memoryResumePercent < config.memoryShedPercent
    ? []
    : ["MILLRACE_REDIS_MEMORY_RESUME_PERCENT: less than MILLRACE_REDIS_MEMORY_SHED_PERCENT"]),
  ...Object.values(tokenSources(config)).flatMap(secretProblems),
  ...missingTokens(config),
]);

/** All settings of a scheduler, read and checked. */
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

/** Where the tokens of each listener come from. */
export function tokenSources(config: TokenSettings) {
  const of = (env: string, value: string | undefined, file: string | undefined): SecretSource => ({
    ...{ env, value, file },
  });
  return {
    gateways: of("MILLRACE_INTERNAL_TOKEN", config.internalToken, config.internalTokenFile),
    workers: of("MILLRACE_WORKER_TOKEN", config.workerToken, config.workerTokenFile),
    operators: of("MILLRACE_ADMIN_TOKEN", config.adminToken, config.adminTokenFile),
  };
}

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
