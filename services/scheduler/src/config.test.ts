import { loadConfig } from "@millrace/runtime";
import { numericSettings } from "@millrace/testing";
import { expect, test } from "vitest";
import { SchedulerConfig } from "./config.ts";

const load = (env: Record<string, string>) =>
  loadConfig(SchedulerConfig, { MILLRACE_REDIS_URL: "redis://127.0.0.1:6379", ...env });
const tokens = { MILLRACE_INTERNAL_TOKEN: "a", MILLRACE_WORKER_TOKEN: "b" };

test("uses defaults for settings that are left out: loopback, and no tokens", () => {
  expect(load({})).toMatchObject({ host: "127.0.0.1", port: 7071, workerPort: 7072 });
});

test.each(["127.0.0.1", "127.8.8.8", "localhost", "::1"])("needs no tokens on %s", (host) => {
  expect(load({ MILLRACE_SCHEDULER_HOST: host }).host).toBe(host);
});

test.each(["0.0.0.0", "::", "10.0.0.1", "scheduler", "127.0.0.1.example.com"])(
  "refuses %s without both tokens",
  (host) => {
    const env = { MILLRACE_SCHEDULER_HOST: host };
    expect(() => load(env)).toThrow(/MILLRACE_INTERNAL_TOKEN.*\n.*MILLRACE_WORKER_TOKEN/);
    const { MILLRACE_WORKER_TOKEN } = tokens;
    expect(() => load({ ...env, MILLRACE_WORKER_TOKEN })).toThrow("MILLRACE_INTERNAL_TOKEN");
    expect(load({ ...env, ...tokens }).host).toBe(host);
  },
);

test("listens for operators on loopback, wherever the other listeners are", () => {
  const env = { MILLRACE_SCHEDULER_HOST: "0.0.0.0", ...tokens };
  expect(load(env)).toMatchObject({ adminHost: "127.0.0.1", adminPort: 7075 });
});

test("listens for operators elsewhere only with a token", () => {
  const env = { MILLRACE_ADMIN_HOST: "0.0.0.0" };
  expect(() => load({ ...env, ...tokens })).toThrow("MILLRACE_ADMIN_TOKEN");
  expect(load({ ...env, MILLRACE_ADMIN_TOKEN: "c" }).adminHost).toBe("0.0.0.0");
});

test("takes named tokens of operators, and reports a wrong one without its text", () => {
  expect(load({ MILLRACE_ADMIN_TOKEN: "anna:s3cret,plain" }).adminToken).toContain("anna");
  const wrong = () => load({ MILLRACE_ADMIN_TOKEN: "anna:s3cret,Bert:other" });
  expect(wrong).toThrow("MILLRACE_ADMIN_TOKEN: token 2");
  expect(wrong).not.toThrow(/s3cret|other/);
});

test.each(["INTERNAL", "WORKER", "ADMIN"])(
  "takes the %s token from a setting or from a file",
  (name) => {
    const both = { [`MILLRACE_${name}_TOKEN`]: "a", [`MILLRACE_${name}_TOKEN_FILE`]: "/b" };
    expect(() => load(both)).toThrow(`MILLRACE_${name}_TOKEN and MILLRACE_${name}_TOKEN_FILE`);
    const files = {
      ...{ MILLRACE_INTERNAL_TOKEN_FILE: "/a", MILLRACE_WORKER_TOKEN_FILE: "/b" },
      ...{ MILLRACE_ADMIN_TOKEN_FILE: "/c" },
    };
    const hosts = { MILLRACE_SCHEDULER_HOST: "0.0.0.0", MILLRACE_ADMIN_HOST: "0.0.0.0" };
    expect(load({ ...hosts, ...files }).host).toBe("0.0.0.0");
  },
);

test("keeps the change log for a year", () => {
  expect(load({})).toMatchObject({ changeLogKeepMs: 365 * 86_400_000, changeLogLength: 10_000 });
});

test("counts spend by the labels that are named", () => {
  expect(load({})).toMatchObject({ spendLabels: [], spendDays: 400 });
  const spendLabels = ["team", "cost-center"];
  expect(load({ MILLRACE_SPEND_LABELS: "team,cost-center" })).toMatchObject({ spendLabels });
  expect(() => load({ MILLRACE_SPEND_LABELS: "a,b,c,d,e" })).toThrow("at most 4 labels");
  expect(() => load({ MILLRACE_SPEND_LABELS: "a,a" })).toThrow("must not repeat a label");
  expect(() => load({ MILLRACE_SPEND_LABELS: "a b" })).toThrow("must be names of labels");
});

/** The greatest integer that a number holds exactly. */
const NO_BOUND = Number.MAX_SAFE_INTEGER;
const bounds: readonly (readonly [name: string, least: number, most: number])[] = [
  ["MILLRACE_SCHEDULER_PORT", 0, 65_535],
  ["MILLRACE_WORKER_PORT", 0, 65_535],
  ["MILLRACE_ADMIN_PORT", 0, 65_535],
  ["MILLRACE_ADMIN_HTTP_PORT", 0, 65_535],
  ["MILLRACE_METRICS_PORT", 0, 65_535],
  ["MILLRACE_REDIS_MEMORY_SHED_PERCENT", 10, 99],
  ["MILLRACE_REDIS_MEMORY_RESUME_PERCENT", 5, 98],
  ["MILLRACE_STORED_BYTES_PER_KEY", 0, NO_BOUND],
  ["MILLRACE_SCHEDULES_PER_KEY", 0, 100_000],
  ["MILLRACE_PROVIDER_FAILURES", 2, 100],
  ["MILLRACE_CHANGE_LOG_DAYS", 1, 3_650],
  ["MILLRACE_SPEND_DAYS", 1, 3_650],
  ["MILLRACE_CHANGE_LOG_LENGTH", 100, 1_000_000],
  ["MILLRACE_WEBHOOK_ENDPOINTS_PER_KEY", 1, 1_000],
  ["MILLRACE_WEBHOOK_RUNNING_PER_KEY", 1, 10_000],
  ["MILLRACE_WEBHOOK_RUNNING_PER_ENDPOINT", 1, 10_000],
  ["MILLRACE_WEBHOOK_FAILING_DAYS", 1, 365],
  ["MILLRACE_LEASE_MS", 1_000, 3_600_000],
  ["MILLRACE_STOP_GRACE_MS", 0, 3_600_000],
  ["MILLRACE_REAP_EVERY_MS", 10, 60_000],
  ["MILLRACE_PROMOTE_EVERY_MS", 10, 60_000],
  ["MILLRACE_PRUNE_EVERY_MS", 10, 3_600_000],
  ["MILLRACE_MESSAGE_MS", 100, 3_600_000],
  ["MILLRACE_CONNECTIONS_PER_ADDRESS", 1, NO_BOUND],
  ["MILLRACE_UNFINISHED_PER_ADDRESS", 1, NO_BOUND],
  ["MILLRACE_HEALTH_CALLS_PER_CONNECTION", 1, NO_BOUND],
  ["MILLRACE_INFLOW_BYTES_PER_CONNECTION", 1, NO_BOUND],
  ["MILLRACE_INFLOW_BYTES_PER_ADDRESS", 1, NO_BOUND],
  ["MILLRACE_INFLOW_BYTES_PER_KEY", 1, NO_BOUND],
  ["MILLRACE_TLS_RELOAD_MS", 100, 86_400_000],
  ["MILLRACE_SECRETS_RELOAD_MS", 100, 3_600_000],
  ["MILLRACE_S3_TIMEOUT_MS", 100, 600_000],
  ["MILLRACE_READY_GRACE_MS", 1_000, 3_600_000],
  ["MILLRACE_LINGER_MS", 0, 600_000],
  ["MILLRACE_DOCUMENT_BYTES_PER_KEY", 0, NO_BOUND],
  ["MILLRACE_POD_DELETION_COST_MS", 1_000, 600_000],
  ["MILLRACE_SCALER_PORT", 0, 65_535],
];

test("lists the bounds of every numeric setting in the table", () => {
  expect(bounds.map(([name]) => name).sort()).toEqual(numericSettings(SchedulerConfig));
});

test.each(bounds)("accepts %s from %i to %i", (name, least, most) => {
  // One of the two shares of memory must be below the other, so the other one gets room.
  const shares = {
    MILLRACE_REDIS_MEMORY_SHED_PERCENT: "99",
    MILLRACE_REDIS_MEMORY_RESUME_PERCENT: "5",
  };
  const withValue = (value: number) => load({ ...shares, [name]: String(value) });
  for (const value of [least, most]) withValue(value);
  for (const value of [least - 1, most + 1]) {
    expect(() => withValue(value)).toThrow(`${name}: `);
  }
});

test("requires that jobs are accepted again at a lower share of Redis' memory than they are refused at", () => {
  expect(load({})).toMatchObject({ memoryShedPercent: 90, memoryResumePercent: 85 });
  const [shed, resume] = ["SHED", "RESUME"].map((name) => `MILLRACE_REDIS_MEMORY_${name}_PERCENT`);
  const shares = (at: string, again: string) =>
    load({ [String(shed)]: at, [String(resume)]: again });
  expect(shares("99", "98").memoryShedPercent).toBe(99);
  expect(shares("10", "9").memoryResumePercent).toBe(9);
  expect(() => shares("80", "80")).toThrow(`${resume}: less than ${shed}`);
  expect(() => shares("100", "80")).toThrow(String(shed));
  expect(() => shares("9", "8")).toThrow(String(shed));
});

test("reports all problems at once", () => {
  expect(() => load({ MILLRACE_REDIS_URL: "redis", MILLRACE_LEASE_MS: "999" })).toThrow(
    /MILLRACE_REDIS_URL[\s\S]*MILLRACE_LEASE_MS/,
  );
  expect(load({ MILLRACE_LEASE_MS: "1000" }).leaseMs).toBe(1_000);
});

test("says of every wrong setting what it must be, with its name and in no words of a library", () => {
  for (const { env } of Object.values(SchedulerConfig.settings)) {
    for (const value of ["30s", "abc", "-1", "1.5", "No Good!", ","]) {
      try {
        load({ [env]: value });
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
