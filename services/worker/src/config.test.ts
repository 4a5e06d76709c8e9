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
