import { ConfigError, loadConfig } from "@millrace/runtime";
import { numericSettings } from "@millrace/testing";
import { expect, test } from "vitest";
import { workerConfig } from "./config.ts";

test("configures a worker that needs no network from an empty environment", () => {
  expect(loadConfig(workerConfig, {})).toMatchObject({
    ...{ provider: "extractive", queues: ["documents"], pools: [], slots: 4 },
  });
});

test("splits lists at commas", () => {
  const env = {
    MILLRACE_QUEUES: "documents, mail,",
    MILLRACE_PROVIDER_QUIRKS: "no-system,max-tokens",
  };
  const config = loadConfig(workerConfig, env);
  expect(config.queues).toEqual(["documents", "mail"]);
  expect(config.quirks).toEqual(["no-system", "max-tokens"]);
});

test.each([
  ["MILLRACE_SLOTS", { MILLRACE_SLOTS: "0" }],
  ["MILLRACE_PROVIDER", { MILLRACE_PROVIDER: "other" }],
  ["OPENAI_API_KEY", { MILLRACE_PROVIDER: "openai" }],
  ["MILLRACE_PROVIDER_QUIRKS", { MILLRACE_PROVIDER_QUIRKS: "no-system, odd" }],
  ["MILLRACE_REASONING_EFFORT", { MILLRACE_REASONING_EFFORT: "very much" }],
  [
    "MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS",
    { MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: "10.0.0.0/99" },
  ],
  ["MILLRACE_WEBHOOK_DNS_SERVERS", { MILLRACE_WEBHOOK_DNS_SERVERS: "resolver.example" }],
  ["MILLRACE_WEBHOOK_DNS_SERVERS", { MILLRACE_WEBHOOK_DNS_SERVERS: "10.0.0.53:99999" }],
])("refuses a wrong setting by its name: %s", (name, env) => {
  expect(() => loadConfig(workerConfig, env)).toThrow(ConfigError);
  expect(() => loadConfig(workerConfig, env)).toThrow(name);
});

test.each([
  ["MILLRACE_QUEUES", "documents,My Queue", '"My Queue" must be a name'],
  ["MILLRACE_QUEUES", " , ", "must name 1 to 64 queues"],
  ["MILLRACE_QUEUES", "q,".repeat(65), "must name 1 to 64 queues"],
  ["MILLRACE_POOLS", "gpu,GPU", '"GPU" must be a pool'],
  ["MILLRACE_WORKER_ID", "my worker", "must be 1 to 128 characters"],
])("refuses %s=%j in the contract's words", (name, value, words) => {
  expect(() => loadConfig(workerConfig, { [name]: value })).toThrow(`${name}: ${words}`);
});

const bounds = [
  ["MILLRACE_SLOTS", 1, 10_000],
  ["MILLRACE_GUEST_SLOTS", 0, 100],
  ["MILLRACE_REFUSED_GRACE_MS", 0, 86_400_000],
  ["MILLRACE_DRAIN_MS", 0, 3_600_000],
  ["MILLRACE_THREADS", 1, 256],
  ["MILLRACE_THREAD_CPU_MS", 100, 3_600_000],
  ["MILLRACE_THREAD_MS", 100, 3_600_000],
  ["MILLRACE_THREAD_MEMORY_MB", 64, 65_536],
  ["MILLRACE_DOCUMENT_PAGES", 1, 1_000_000],
  ["MILLRACE_DOCUMENT_CHARACTERS", 1, 100_000_000],
  ["MILLRACE_OCR_THREADS", 1, 256],
  ["MILLRACE_OCR_PAGES", 1, 1_000_000],
  ["MILLRACE_OCR_PAGE_MS", 100, 3_600_000],
  ["MILLRACE_OCR_MEMORY_MB", 128, 65_536],
  ["MILLRACE_WEBHOOK_SLOTS", 1, 10_000],
  ["MILLRACE_WEBHOOK_TIMEOUT_MS", 100, 120_000],
  ["MILLRACE_PROVIDER_SILENCE_MS", 100, 3_600_000],
  ["MILLRACE_PROVIDER_CALL_MS", 1_000, 86_400_000],
  ["MILLRACE_CONTEXT_TOKENS", 256, 1_000_000_000],
  ["MILLRACE_REASONING_TOKENS", 0, 1_000_000],
  ["MILLRACE_TLS_RELOAD_MS", 100, 86_400_000],
  ["MILLRACE_SECRETS_RELOAD_MS", 100, 3_600_000],
  ["MILLRACE_S3_TIMEOUT_MS", 100, 600_000],
  ["MILLRACE_READY_GRACE_MS", 1_000, 3_600_000],
  ["MILLRACE_METRICS_PORT", 0, 65_535],
] as const;

test("lists the bounds of every numeric setting in the table", () => {
  expect(bounds.map(([name]) => name).sort()).toEqual(numericSettings(workerConfig));
});

test.each(bounds)("accepts %s from %i to %i", (name, least, most) => {
  for (const value of [least, most]) loadConfig(workerConfig, { [name]: String(value) });
  for (const value of [least - 1, most + 1]) {
    expect(() => loadConfig(workerConfig, { [name]: String(value) })).toThrow(`${name}: `);
  }
});

test("recognises text only in languages that are installed", () => {
  const load = (languages: string) =>
    loadConfig(workerConfig, { MILLRACE_OCR: "tesseract", MILLRACE_OCR_LANGUAGES: languages });
  expect(load("eng").ocrLanguages).toEqual(["eng"]);
  expect(() => load("eng,xyz")).toThrow(
    "xyz is not installed: install the package @tesseract.js-data/xyz",
  );
  expect(() => load("../../eng")).toThrow("is not installed");
  expect(() => load(",")).toThrow("MILLRACE_OCR_LANGUAGES: needed");
});

test("says of every wrong setting what it must be, with its name and in no words of a library", () => {
  for (const { env } of Object.values(workerConfig.settings)) {
    for (const value of ["30s", "abc", "-1", "1.5", "No Good!", ","]) {
      try {
        loadConfig(workerConfig, { [env]: value });
      } catch (error) {
        const { problems } = error as { problems: readonly string[] };
        for (const problem of problems) {
          expect(problem).toMatch(/^[A-Z0-9_]+( and [A-Z0-9_]+| or [A-Z0-9_]+)?: /);
          expect(problem).not.toMatch(/Invalid|expected|received|Too (small|big)/);
        }
      }
    }
  }
});
