import { ConfigError, loadConfig } from "@millrace/runtime";
import { expect, test } from "vitest";
import { workerConfig } from "./config.ts";

test("an empty environment gives a worker that needs no network", () => {
  expect(loadConfig(workerConfig, {})).toMatchObject({
    ...{ provider: "extractive", queues: ["documents"], pools: [], slots: 4 },
  });
});

test("lists are cut at commas", () => {
  const config = loadConfig(workerConfig, { MILLRACE_QUEUES: "documents, mail," });
  expect(config.queues).toEqual(["documents", "mail"]);
});

test.each([
  ["MILLRACE_SLOTS", { MILLRACE_SLOTS: "0" }],
  ["MILLRACE_PROVIDER", { MILLRACE_PROVIDER: "other" }],
  ["OPENAI_API_KEY", { MILLRACE_PROVIDER: "openai" }],
])("a wrong setting is refused by its name: %s", (name, env) => {
  expect(() => loadConfig(workerConfig, env)).toThrow(ConfigError);
  expect(() => loadConfig(workerConfig, env)).toThrow(name);
});

test.each([
  ["MILLRACE_THREADS", 1, 256],
  ["MILLRACE_THREAD_MS", 100, 3_600_000],
  ["MILLRACE_THREAD_MEMORY_MB", 64, 65_536],
  ["MILLRACE_DOCUMENT_PAGES", 1, 1_000_000],
  ["MILLRACE_DOCUMENT_CHARACTERS", 1, 100_000_000],
  ["MILLRACE_PROVIDER_SILENCE_MS", 100, 3_600_000],
])("%s goes from %i to %i", (name, least, most) => {
  for (const value of [least, most]) loadConfig(workerConfig, { [name]: String(value) });
  for (const value of [least - 1, most + 1]) {
    expect(() => loadConfig(workerConfig, { [name]: String(value) })).toThrow(name);
  }
});
