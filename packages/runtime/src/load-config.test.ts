import { expect, test } from "vitest";
import { wholeNumber } from "./issue-words.ts";
import { ConfigError, defineConfig, loadConfig, setting } from "./load-config.ts";

const spec = defineConfig(
  {
    port: setting("PORT", wholeNumber(0, 65_535).default(7_070), "gRPC port"),
    leaseMs: setting("LEASE_MS", wholeNumber(1), "lease length"),
    renewEveryMs: setting("RENEW_EVERY_MS", wholeNumber(1), "between renewals"),
  },
  (config) =>
    config.renewEveryMs * 3 <= config.leaseMs ? [] : ["RENEW_EVERY_MS * 3 must be <= LEASE_MS"],
);

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(spec, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

test("turns text into typed values, and uses the default for what is unset or empty", () => {
  const env = { LEASE_MS: "30000", RENEW_EVERY_MS: "10000", PORT: "" };
  expect(loadConfig(spec, env)).toEqual({ port: 7_070, leaseMs: 30_000, renewEveryMs: 10_000 });
});

test("lists every problem at once, by the variable's name", () => {
  const problems = problemsOf({ PORT: "65536", LEASE_MS: "soon" });
  expect(problems.map((problem) => problem.split(":")[0])).toEqual([
    "PORT",
    "LEASE_MS",
    "RENEW_EVERY_MS",
  ]);
});

test("checks relations between settings on both sides of their bound", () => {
  expect(problemsOf({ LEASE_MS: "30000", RENEW_EVERY_MS: "10000" })).toEqual([]);
  expect(problemsOf({ LEASE_MS: "30000", RENEW_EVERY_MS: "10001" })).toEqual([
    "RENEW_EVERY_MS * 3 must be <= LEASE_MS",
  ]);
});

test.each(["30s", "abc", "1.5"])(
  "says of %j that it is no number, and of which setting",
  (value) => {
    expect(problemsOf({ LEASE_MS: value, RENEW_EVERY_MS: "1" })).toEqual([
      "LEASE_MS: must be a whole number of at least 1, in digits without a unit",
    ]);
  },
);

test("warns of variables that look like settings and are none, by their names alone", () => {
  const warned: object[] = [];
  const log = { warn: (fields: object) => void warned.push(fields) };
  const known = { MILLRACE_PORT: "1" };
  const one = defineConfig({ port: setting("MILLRACE_PORT", wholeNumber(0), "port") });
  loadConfig(one, { ...known, PATH: "/bin" }, log);
  expect(warned).toEqual([]);
  loadConfig(one, { ...known, MILLRACE_PROT: "secret", MILLRACE_LEASE: "" }, log);
  expect(warned).toEqual([{ settings: ["MILLRACE_LEASE", "MILLRACE_PROT"] }]);
});
