import { hostname } from "node:os";
import { defineConfig, metricsSettings, setting } from "@millrace/runtime";
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

export const workerConfig = defineConfig(
  {
    scheduler: setting(
      "MILLRACE_SCHEDULER_ADDRESS",
      z.string().default("127.0.0.1:7072"),
      "gRPC target of the scheduler",
    ),
    token: setting("MILLRACE_WORKER_TOKEN", z.string().optional(), "what the scheduler asks for"),
    workerId: setting(
      "MILLRACE_WORKER_ID",
      z.string().default(`${hostname()}-${process.pid}`),
      "the worker's name in logs",
    ),
    queues: setting("MILLRACE_QUEUES", list("documents"), "queues to serve, by commas"),
    pools: setting("MILLRACE_POOLS", list(""), "pools to serve, by commas"),
    slots: setting("MILLRACE_SLOTS", whole(4, 1, 10_000), "jobs at once"),
    parallelParts: setting("MILLRACE_PARALLEL_PARTS", whole(4, 1, 64), "calls at once in a job"),
    drainMs: setting("MILLRACE_DRAIN_MS", whole(15_000, 0, 3_600_000), "grace for running jobs"),
    ...metricsSettings(7074),
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
    openAiKey: setting("OPENAI_API_KEY", z.string().default(""), "key of the provider account"),
    model: setting("MILLRACE_MODEL", z.string().default("gpt-5-mini"), "which model"),
  },
  (config) =>
    config.provider === "openai" && config.openAiKey === ""
      ? ["OPENAI_API_KEY: needed with MILLRACE_PROVIDER=openai"]
      : [],
);
