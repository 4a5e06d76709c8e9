import { hostname } from "node:os";
import { defineConfig, isLoopback, observeSettings, setting, tlsSettings } from "@millrace/runtime";
import { z } from "zod";
import { type AdminToken, adminTokens } from "./admin-token.ts";
import { redisProblems, redisSettings } from "./redis-settings.ts";

const DAY_MS = 24 * 3_600_000;
const port = z.coerce.number().int().min(0).max(65_535);
const pause = z.coerce.number().int().min(10);

function tokens(text: string, context: z.RefinementCtx): readonly AdminToken[] {
  try {
    return adminTokens(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
    return z.NEVER;
  }
}

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
  host: setting(
    "MILLRACE_SCHEDULER_HOST",
    z.string().default("127.0.0.1"),
    "Address to listen on.",
  ),
  port: setting("MILLRACE_SCHEDULER_PORT", port.default(7071), "Port for gRPC."),
  internalToken: setting(
    "MILLRACE_INTERNAL_TOKEN",
    z.string().optional(),
    "What gateways must show; needed unless MILLRACE_SCHEDULER_HOST is a loopback address.",
  ),
  workerPort: setting(
    "MILLRACE_WORKER_PORT",
    port.default(7072),
    "Port for workers, on the same address.",
  ),
  workerToken: setting(
    "MILLRACE_WORKER_TOKEN",
    z.string().optional(),
    "What workers must show; needed unless MILLRACE_SCHEDULER_HOST is a loopback address.",
  ),
  adminHost: setting(
    "MILLRACE_ADMIN_HOST",
    z.string().default("127.0.0.1"),
    "Address to listen on for operators.",
  ),
  adminPort: setting("MILLRACE_ADMIN_PORT", port.default(7075), "Port for operators."),
  adminTokens: setting(
    "MILLRACE_ADMIN_TOKEN",
    z.string().transform(tokens).optional(),
    "What operators must show, as name:token, several by commas; needed unless MILLRACE_ADMIN_HOST is a loopback address.",
  ),
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
  ...observeSettings(7073),
  reapEveryMs: setting(
    "MILLRACE_REAP_EVERY_MS",
    pause.default(1_000),
    "Pause between looks for leases that ran out, in milliseconds.",
  ),
  promoteEveryMs: setting(
    "MILLRACE_PROMOTE_EVERY_MS",
    pause.default(250),
    "Pause between looks for scheduled jobs that are due, in milliseconds.",
  ),
  pruneEveryMs: setting(
    "MILLRACE_PRUNE_EVERY_MS",
    pause.default(10_000),
    "Pause between looks for finished jobs to remove, in milliseconds.",
  ),
};

/** A listener that others can reach lets nobody in without a token. */
export const SchedulerConfig = defineConfig(settings, (config) => [
  ...redisProblems(config),
  ...(config.memoryResumePercent < config.memoryShedPercent
    ? []
    : ["MILLRACE_REDIS_MEMORY_RESUME_PERCENT: less than MILLRACE_REDIS_MEMORY_SHED_PERCENT"]),
  ...(isLoopback(config.host) || config.internalToken !== undefined
    ? []
    : [missing("MILLRACE_INTERNAL_TOKEN", "MILLRACE_SCHEDULER_HOST")]),
  ...(isLoopback(config.host) || config.workerToken !== undefined
    ? []
    : [missing("MILLRACE_WORKER_TOKEN", "MILLRACE_SCHEDULER_HOST")]),
  ...(isLoopback(config.adminHost) || config.adminTokens !== undefined
    ? []
    : [missing("MILLRACE_ADMIN_TOKEN", "MILLRACE_ADMIN_HOST")]),
]);

function missing(token: string, host: string): string {
  return `${token}: set it, or listen on 127.0.0.1 (${host})`;
}
