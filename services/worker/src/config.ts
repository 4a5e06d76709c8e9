import { availableParallelism, hostname } from "node:os";
import {
  defineConfig,
  observeSettings,
  readinessSettings,
  type SecretSource,
  schedulerTlsSettings,
  secretFileSetting,
  secretProblems,
  secretSettings,
  setting,
} from "@millrace/runtime";
import { limits } from "@millrace/shared";
import { z } from "zod";

const list = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== ""),
    );

const whole = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** What leaving takes beyond MILLRACE_DRAIN_MS: the last outcomes and the goodbye. */
export const leaveMs = 8_000;

export const workerConfig = defineConfig(
  {
    scheduler: setting(
      "MILLRACE_SCHEDULER_ADDRESS",
      z.string().default("127.0.0.1:7072"),
      "gRPC target of the scheduler",
    ),
    token: setting("MILLRACE_WORKER_TOKEN", z.string().optional(), "what the scheduler asks for"),
    tokenFile: secretFileSetting("MILLRACE_WORKER_TOKEN"),
    workerId: setting(
      "MILLRACE_WORKER_ID",
      z.string().default(`${hostname()}-${process.pid}`),
      "the worker's name in logs",
    ),
    queues: setting("MILLRACE_QUEUES", list("documents"), "queues to serve, by commas"),
    pools: setting("MILLRACE_POOLS", list(""), "pools to serve, by commas"),
    refusedGraceMs: setting(
      "MILLRACE_REFUSED_GRACE_MS",
      whole(600_000, 0, 86_400_000),
      "how long a worker that was let in before goes on trying when schedulers refuse it",
    ),
    slots: setting("MILLRACE_SLOTS", whole(4, 1, 10_000), "jobs at once"),
    guestSlots: setting(
      "MILLRACE_GUEST_SLOTS",
      whole(1, 0, limits.guestSlots),
      "jobs beyond MILLRACE_SLOTS, each of an API key that has nothing running in this worker",
    ),
    parallelParts: setting("MILLRACE_PARALLEL_PARTS", whole(4, 1, 64), "calls at once in a job"),
    drainMs: setting("MILLRACE_DRAIN_MS", whole(15_000, 0, 3_600_000), "grace for running jobs"),
    threads: setting(
      "MILLRACE_THREADS",
      whole(availableParallelism(), 1, 256),
      "documents that are read, and texts that are cut or quoted from, at once",
    ),
    threadCpuMs: setting(
      "MILLRACE_THREAD_CPU_MS",
      whole(20_000, 100, 3_600_000),
      "CPU time that a thread may take for one document or text",
    ),
    threadMs: setting(
      "MILLRACE_THREAD_MS",
      whole(60_000, 100, 3_600_000),
      "how long a thread may take for one document or text, by the clock",
    ),
    threadMemoryMb: setting(
      "MILLRACE_THREAD_MEMORY_MB",
      whole(256, 64, 65_536),
      "what one document or text may take of memory: on a thread's heap, and again in buffers",
    ),
    documentPages: setting(
      "MILLRACE_DOCUMENT_PAGES",
      whole(limits.documentPages, 1, 1_000_000),
      "pages that a document may have",
    ),
    documentCharacters: setting(
      "MILLRACE_DOCUMENT_CHARACTERS",
      whole(limits.documentCharacters, 1, 100_000_000),
      "characters of text that a document may have",
    ),
    ...schedulerTlsSettings,
    ...secretSettings,
    ...readinessSettings,
    ...observeSettings(7074),
    documents: setting(
      "MILLRACE_DOCUMENTS_DIR",
      z.string().default("./data/documents"),
      "directory of the documents, shared with the gateway",
    ),
    provider: setting(
      "MILLRACE_PROVIDER",
      z.enum(["extractive", "openai"]).default("extractive"),
      "extractive needs no network; openai is any server with its protocol",
    ),
    openAiUrl: setting(
      "OPENAI_BASE_URL",
      z.url().default("https://api.openai.com/v1"),
      "where the model is",
    ),
    openAiKey: setting("OPENAI_API_KEY", z.string().optional(), "key of the provider account"),
    openAiKeyFile: secretFileSetting("OPENAI_API_KEY"),
    model: setting("MILLRACE_MODEL", z.string().default("gpt-5-mini"), "which model"),
    providerSilenceMs: setting(
      "MILLRACE_PROVIDER_SILENCE_MS",
      whole(60_000, 100, 3_600_000),
      "how long the model may say nothing, before its answer and within it",
    ),
  },
  (config) => {
    const { token, openAiKey } = secretSources(config);
    const noKey = openAiKey.value === undefined && openAiKey.file === undefined;
    return [
      ...(config.provider === "openai" && noKey
        ? ["OPENAI_API_KEY or OPENAI_API_KEY_FILE: needed with MILLRACE_PROVIDER=openai"]
        : []),
      ...[token, openAiKey].flatMap(secretProblems),
    ];
  },
);

interface SecretSettings {
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly openAiKey: string | undefined;
  readonly openAiKeyFile: string | undefined;
}

/** Where the token for the scheduler, and the provider account's key, come from. */
export function secretSources(config: SecretSettings) {
  const of = (env: string, value: string | undefined, file: string | undefined): SecretSource => ({
    ...{ env, value, file },
  });
  return {
    token: of("MILLRACE_WORKER_TOKEN", config.token, config.tokenFile),
    openAiKey: of("OPENAI_API_KEY", config.openAiKey, config.openAiKeyFile),
  };
}
