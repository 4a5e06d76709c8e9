import { availableParallelism, hostname } from "node:os";
import { quirks } from "@millrace/models";
import {
  type Config,
  defineConfig,
  destinationSettings,
  documentPlaceProblems,
  documentPlaceSettings,
  observeSettings,
  readinessSettings,
  type SecretSource,
  schedulerTlsSettings,
  secretFileSetting,
  secretProblems,
  secretSettings,
  setting,
  wholeNumber,
} from "@millrace/runtime";
import { limits, patternInWords } from "@millrace/shared";
import { z } from "zod";
import { isDnsServer, ocrProblems } from "./config-checks.ts";

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

/** A list of names, each of which must match a pattern of the contract. */
const names = (fallback: string, pattern: string) =>
  list(fallback).pipe(
    z.array(
      z.string().refine((name) => new RegExp(pattern, "u").test(name), {
        error: ({ input }) => `${JSON.stringify(input)} ${patternInWords(pattern)}`,
      }),
    ),
  );

const QUEUE = "^[a-z][a-z0-9-]{0,62}$";
const POOL = "^[a-z0-9][a-z0-9._/-]{0,62}$";
const WORKER_ID = "^[A-Za-z0-9._-]{1,128}$";

const whole = (fallback: number, min: number, max: number) =>
  wholeNumber(min, max).default(fallback);

/** Time that a stopping worker needs beyond MILLRACE_DRAIN_MS, to report the last outcomes and to close its stream. */
export const leaveMs = 8_000;

export const workerConfig = defineConfig(
  {
    scheduler: setting(
      "MILLRACE_SCHEDULER_ADDRESS",
      z.string().default("127.0.0.1:7072"),
      "the scheduler's address for workers, as host:port",
    ),
    token: setting(
      "MILLRACE_WORKER_TOKEN",
      z.string().optional(),
      "the token that this worker sends to the scheduler",
    ),
    tokenFile: secretFileSetting("MILLRACE_WORKER_TOKEN"),
    workerId: setting(
      "MILLRACE_WORKER_ID",
      z
        .string()
        .default(`${hostname()}-${process.pid}`)
        .refine((id) => new RegExp(WORKER_ID).test(id), patternInWords(WORKER_ID)),
      "this worker's name in logs",
    ),
    queues: setting(
      "MILLRACE_QUEUES",
      names("documents", QUEUE).refine(
        (queues) => queues.length >= 1 && queues.length <= 64,
        "must name 1 to 64 queues",
      ),
      "queues that this worker serves, separated by commas",
    ),
    pools: setting(
      "MILLRACE_POOLS",
      names("", POOL).refine((pools) => pools.length <= 64, "must name 64 pools at most"),
      "pools that this worker serves, separated by commas",
    ),
    refusedGraceMs: setting(
      "MILLRACE_REFUSED_GRACE_MS",
      whole(600_000, 0, 86_400_000),
      "how long a worker that was once accepted keeps trying to connect while schedulers reject its token, in milliseconds",
    ),
    slots: setting("MILLRACE_SLOTS", whole(4, 1, 10_000), "how many jobs this worker runs at once"),
    guestSlots: setting(
      "MILLRACE_GUEST_SLOTS",
      whole(1, 0, limits.guestSlots),
      "how many further jobs this worker may run beyond MILLRACE_SLOTS, each for an API key that has no job running in it",
    ),
    drainMs: setting(
      "MILLRACE_DRAIN_MS",
      whole(15_000, 0, 3_600_000),
      "how long running jobs may take to finish when the worker stops, in milliseconds",
    ),
    threads: setting(
      "MILLRACE_THREADS",
      whole(availableParallelism(), 1, 256),
      "how many threads read documents and split or quote texts, one document or text each",
    ),
    threadCpuMs: setting(
      "MILLRACE_THREAD_CPU_MS",
      whole(20_000, 100, 3_600_000),
      "CPU time that a thread may use for one document or text, in milliseconds",
    ),
    threadMs: setting(
      "MILLRACE_THREAD_MS",
      whole(60_000, 100, 3_600_000),
      "how long a thread may take for one document or text by the clock, in milliseconds",
    ),
    threadMemoryMb: setting(
      "MILLRACE_THREAD_MEMORY_MB",
      whole(256, 64, 65_536),
      "memory that one document or text may use on a thread's heap, and as much again in buffers, in MiB",
    ),
    documentPages: setting(
      "MILLRACE_DOCUMENT_PAGES",
      whole(limits.documentPages, 1, 1_000_000),
      "how many pages a document may have",
    ),
    documentCharacters: setting(
      "MILLRACE_DOCUMENT_CHARACTERS",
      whole(limits.documentCharacters, 1, 100_000_000),
      "how many characters of text a document may have",
    ),
    ocr: setting(
      "MILLRACE_OCR",
      z.enum(["off", "tesseract"]).default("off"),
      "text recognition for images, and for pages of PDF files that have no text: tesseract reads them, in threads of its own",
    ),
    ocrLanguages: setting(
      "MILLRACE_OCR_LANGUAGES",
      list("eng"),
      "languages of scanned pages, the most likely first, separated by commas; each needs its package @tesseract.js-data/CODE",
    ),
    ocrThreads: setting(
      "MILLRACE_OCR_THREADS",
      whole(1, 1, 256),
      "how many threads recognise text, one page each",
    ),
    ocrPages: setting(
      "MILLRACE_OCR_PAGES",
      whole(200, 1, 1_000_000),
      "how many pages of one document are recognised",
    ),
    ocrPageMs: setting(
      "MILLRACE_OCR_PAGE_MS",
      whole(60_000, 100, 3_600_000),
      "CPU time that text recognition may use for one page, and half of the time that it may take by the clock, in milliseconds",
    ),
    ocrMemoryMb: setting(
      "MILLRACE_OCR_MEMORY_MB",
      whole(512, 128, 65_536),
      "memory that text recognition may use on a thread's heap, and as much again in buffers, in MiB",
    ),
    ...schedulerTlsSettings,
    ...secretSettings,
    ...readinessSettings,
    ...observeSettings(7074),
    documents: setting(
      "MILLRACE_DOCUMENTS_DIR",
      z.string().optional(),
      "the directory of the documents, shared with the gateway",
    ),
    ...documentPlaceSettings,
    accountsFile: setting(
      "MILLRACE_ACCOUNTS_FILE",
      z.string().optional(),
      "a file that lists the provider accounts of this worker, whose pools it serves too; read again on SIGHUP",
    ),
    provider: setting(
      "MILLRACE_PROVIDER",
      z.enum(["extractive", "openai"]).default("extractive"),
      "the model provider: extractive needs no network; openai is any server that speaks the OpenAI protocol",
    ),
    openAiUrl: setting(
      "OPENAI_BASE_URL",
      z.url().default("https://api.openai.com/v1"),
      "base URL of the model server",
    ),
    openAiKey: setting("OPENAI_API_KEY", z.string().optional(), "the API key for the model server"),
    openAiKeyFile: secretFileSetting("OPENAI_API_KEY"),
    model: setting(
      "MILLRACE_MODEL",
      z.string().default("gpt-5-mini"),
      "the model's name at the provider",
    ),
    providerSilenceMs: setting(
      "MILLRACE_PROVIDER_SILENCE_MS",
      whole(60_000, 100, 3_600_000),
      "how long the model may send nothing, before its answer begins or within it, in milliseconds",
    ),
    quirks: setting(
      "MILLRACE_PROVIDER_QUIRKS",
      list("").pipe(z.array(z.enum(quirks))),
      "how the model's server differs from OpenAI's, separated by commas; the worker finds out most by itself",
    ),
    contextTokens: setting(
      "MILLRACE_CONTEXT_TOKENS",
      wholeNumber(256, 1_000_000_000).optional(),
      "the model's context in tokens, input and answer together; by default the worker learns it from the server",
    ),
    reasoningTokens: setting(
      "MILLRACE_REASONING_TOKENS",
      wholeNumber(0, 1_000_000).optional(),
      "how many tokens a model may think in addition to its answer; by default 4,096 if it thinks",
    ),
    reasoningEffort: setting(
      "MILLRACE_REASONING_EFFORT",
      z
        .string()
        .regex(/^[a-z]{1,32}$/, "must be a word such as low, medium or high")
        .optional(),
      "the value of reasoning_effort in requests to the model",
    ),
    webhookSlots: setting(
      "MILLRACE_WEBHOOK_SLOTS",
      whole(64, 1, limits.workerSlots),
      "how many webhooks this worker sends at once, if it serves the queue millrace-webhooks",
    ),
    webhookTimeoutMs: setting(
      "MILLRACE_WEBHOOK_TIMEOUT_MS",
      whole(15_000, 100, 120_000),
      "how long a webhook request may take until its answer is read, in milliseconds",
    ),
    ...destinationSettings,
    webhookDnsServers: setting(
      "MILLRACE_WEBHOOK_DNS_SERVERS",
      list("").refine(
        (servers) => servers.every(isDnsServer),
        "must be addresses, such as 10.0.0.53 or 10.0.0.53:5353",
      ),
      "DNS servers that resolve the hosts of webhooks, separated by commas; by default those of the system",
    ),
    providerCallMs: setting(
      "MILLRACE_PROVIDER_CALL_MS",
      whole(900_000, 1_000, 86_400_000),
      "how long the model may take for one answer in all, in milliseconds",
    ),
  },
  (config) => {
    const { token, openAiKey } = secretSources(config);
    const noKey = openAiKey.value === undefined && openAiKey.file === undefined;
    return [
      ...(config.accountsFile !== undefined && config.provider !== "extractive"
        ? [
            "MILLRACE_PROVIDER: not used with MILLRACE_ACCOUNTS_FILE: remove it, and write the account into the file",
          ]
        : []),
      ...(config.accountsFile === undefined && config.provider === "openai" && noKey
        ? ["OPENAI_API_KEY or OPENAI_API_KEY_FILE: needed with MILLRACE_PROVIDER=openai"]
        : []),
      ...[token, openAiKey].flatMap(secretProblems),
      ...ocrProblems(config),
      ...documentPlaceProblems(config, false),
    ];
  },
);

export type WorkerConfig = Config<(typeof workerConfig)["settings"]>;

interface SecretSettings {
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly openAiKey: string | undefined;
  readonly openAiKeyFile: string | undefined;
}

/** Says where the token for the scheduler and the provider's API key come from. */
export function secretSources(config: SecretSettings) {
  const source = (
    env: string,
    value: string | undefined,
    file: string | undefined,
  ): SecretSource => ({
    ...{ env, value, file },
  });
  return {
    token: source("MILLRACE_WORKER_TOKEN", config.token, config.tokenFile),
    openAiKey: source("OPENAI_API_KEY", config.openAiKey, config.openAiKeyFile),
  };
}
