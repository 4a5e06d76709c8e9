import { loadConfig } from "@millrace/runtime";
import { expect, test } from "vitest";
import { SchedulerConfig } from "./config.ts";

const load = (env: Record<string, string>) =>
  loadConfig(SchedulerConfig, { MILLRACE_REDIS_URL: "redis://127.0.0.1:6379", ...env });
const tokens = { MILLRACE_INTERNAL_TOKEN: "a", MILLRACE_WORKER_TOKEN: "b" };

test("what is left out gets its default: loopback, and no tokens", () => {
  expect(load({})).toMatchObject({ host: "127.0.0.1", port: 7071, workerPort: 7072 });
});

test.each(["127.0.0.1", "127.8.8.8", "localhost", "::1"])("%s needs no tokens", (host) => {
  expect(load({ MILLRACE_SCHEDULER_HOST: host }).host).toBe(host);
});

test.each(["0.0.0.0", "::", "10.0.0.1", "scheduler", "127.0.0.1.example.com"])(
  "%s is refused without both tokens",
  (host) => {
    const env = { MILLRACE_SCHEDULER_HOST: host };
    expect(() => load(env)).toThrow(/MILLRACE_INTERNAL_TOKEN.*\n.*MILLRACE_WORKER_TOKEN/);
    const { MILLRACE_WORKER_TOKEN } = tokens;
    expect(() => load({ ...env, MILLRACE_WORKER_TOKEN })).toThrow("MILLRACE_INTERNAL_TOKEN");
    expect(load({ ...env, ...tokens }).host).toBe(host);
  },
);

test("operators are listened to on loopback, wherever the rest listens", () => {
  const env = { MILLRACE_SCHEDULER_HOST: "0.0.0.0", ...tokens };
  expect(load(env)).toMatchObject({ adminHost: "127.0.0.1", adminPort: 7075 });
});

test("operators are listened to elsewhere only with a token", () => {
  const env = { MILLRACE_ADMIN_HOST: "0.0.0.0" };
  expect(() => load({ ...env, ...tokens })).toThrow("MILLRACE_ADMIN_TOKEN");
  expect(load({ ...env, MILLRACE_ADMIN_TOKEN: "c" }).adminHost).toBe("0.0.0.0");
});

test("operators' tokens have names, and what is wrong with one is told without it", () => {
  expect(load({ MILLRACE_ADMIN_TOKEN: "anna:s3cret,plain" }).adminToken).toContain("anna");
  const wrong = () => load({ MILLRACE_ADMIN_TOKEN: "anna:s3cret,Bert:other" });
  expect(wrong).toThrow("MILLRACE_ADMIN_TOKEN: token 2");
  expect(wrong).not.toThrow(/s3cret|other/);
});

test.each(["INTERNAL", "WORKER", "ADMIN"])("the %s token is in a setting or in a file", (name) => {
  const both = { [`MILLRACE_${name}_TOKEN`]: "a", [`MILLRACE_${name}_TOKEN_FILE`]: "/b" };
  expect(() => load(both)).toThrow(`MILLRACE_${name}_TOKEN and MILLRACE_${name}_TOKEN_FILE`);
  const files = {
    ...{ MILLRACE_INTERNAL_TOKEN_FILE: "/a", MILLRACE_WORKER_TOKEN_FILE: "/b" },
    ...{ MILLRACE_ADMIN_TOKEN_FILE: "/c" },
  };
  const hosts = { MILLRACE_SCHEDULER_HOST: "0.0.0.0", MILLRACE_ADMIN_HOST: "0.0.0.0" };
  expect(load({ ...hosts, ...files }).host).toBe("0.0.0.0");
});

test("what operators changed is kept within bounds", () => {
  expect(load({})).toMatchObject({ changeLogKeepMs: 365 * 86_400_000, changeLogLength: 10_000 });
  const bounds = [
    ["MILLRACE_CHANGE_LOG_DAYS", 1, 3_650],
    ["MILLRACE_CHANGE_LOG_LENGTH", 100, 1_000_000],
  ] as const;
  for (const [name, least, most] of bounds) {
    for (const value of [least, most]) load({ [name]: String(value) });
    for (const value of [least - 1, most + 1]) {
      expect(() => load({ [name]: String(value) })).toThrow(name);
    }
  }
});

test("jobs are taken again at a lower share of Redis' memory than they are refused at", () => {
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

test("every problem is told at once", () => {
  expect(() => load({ MILLRACE_REDIS_URL: "redis", MILLRACE_LEASE_MS: "999" })).toThrow(
    /MILLRACE_REDIS_URL[\s\S]*MILLRACE_LEASE_MS/,
  );
  expect(load({ MILLRACE_LEASE_MS: "1000" }).leaseMs).toBe(1_000);
});
