import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig, loadConfig } from "@millrace/runtime";
import { testAuthority } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { readRedisSettings, redisProblems, redisSettings } from "./redis-settings.ts";

const spec = defineConfig(redisSettings, redisProblems);
/** The engine's settings, with credentials as a new connection would get them. */
function read(env: Record<string, string>, onWarning: (message: string) => void = () => undefined) {
  const settings = readRedisSettings(loadConfig(spec, env), onWarning);
  const current = (value: unknown) => (typeof value === "function" ? value() : value);
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, current(value)]),
  );
}

const url = { MILLRACE_REDIS_URL: "redis://localhost:6379" };
const cluster = { MILLRACE_REDIS_CLUSTER: "a:7000, b:7001" };
const sentinels = { MILLRACE_REDIS_SENTINELS: "a,b:26380", MILLRACE_REDIS_MASTER: "mymaster" };

function folder() {
  const path = mkdtempSync(join(tmpdir(), "millrace-redis-settings-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return (name: string, content: string | Buffer) => {
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
}

test("connects to a server, to sentinels or to a Cluster", () => {
  expect(read(url)).toEqual({ url: "redis://localhost:6379" });
  expect(read(sentinels)).toEqual({
    sentinels: [
      { host: "a", port: 26_379 },
      { host: "b", port: 26_380 },
    ],
    masterName: "mymaster",
  });
  expect(read({ MILLRACE_REDIS_CLUSTER: "[::1]:7000,b" })).toEqual({
    cluster: [
      { host: "::1", port: 7_000 },
      { host: "b", port: 6_379 },
    ],
  });
});

test("takes users and passwords from a variable, or from a file without its final line break", () => {
  const file = folder()("password", "p w\n");
  const user = { MILLRACE_REDIS_USERNAME: "millrace" };
  expect(read({ ...url, ...user, MILLRACE_REDIS_PASSWORD: "secret" })).toMatchObject({
    ...{ username: "millrace", password: "secret" },
  });
  expect(read({ ...cluster, ...user, MILLRACE_REDIS_PASSWORD_FILE: file })).toMatchObject({
    ...{ username: "millrace", password: "p w" },
  });
  const ofSentinels = {
    MILLRACE_REDIS_SENTINEL_USERNAME: "watch",
    MILLRACE_REDIS_SENTINEL_PASSWORD_FILE: file,
  };
  expect(read({ ...sentinels, ...ofSentinels })).toMatchObject({
    ...{ sentinelUsername: "watch", sentinelPassword: "p w" },
  });
});

test("reads a password file again at each connection, and keeps its last usable content", () => {
  const write = folder();
  const file = write("password", "old");
  const warnings: string[] = [];
  const config = loadConfig(spec, { ...url, MILLRACE_REDIS_PASSWORD_FILE: file });
  const { password } = readRedisSettings(config, (message) => warnings.push(message));
  const atConnection = password as () => string;
  expect(atConnection()).toBe("old");
  write("password", "new\n");
  expect(atConnection()).toBe("new");
  write("password", "");
  expect(atConnection()).toBe("new");
  expect(warnings).toEqual([expect.stringContaining("MILLRACE_REDIS_PASSWORD_FILE")]);
  write("password", "newest");
  expect(atConnection()).toBe("newest");
});

test("uses TLS by the URL's scheme or by a setting, with the given certificates", () => {
  const file = folder();
  const authority = testAuthority();
  const { cert, key } = authority.issue("scheduler");
  const files = {
    MILLRACE_REDIS_CA_FILE: file("ca", authority.ca),
    MILLRACE_REDIS_CERT_FILE: file("cert", cert),
    MILLRACE_REDIS_KEY_FILE: file("key", key),
  };
  const secure = { MILLRACE_REDIS_URL: "rediss://redis:6380/2" };
  expect(read(url).tls).toBeUndefined();
  expect(read(secure).tls).toEqual({});
  expect(read({ ...secure, ...files }).tls).toEqual({ ca: authority.ca, cert, key });
  const on = { MILLRACE_REDIS_TLS: "true" };
  expect(read({ ...cluster, ...on, ...files }).tls).toEqual({ ca: authority.ca, cert, key });
  expect(() => read({ ...cluster, ...files })).toThrow(
    "MILLRACE_REDIS_CA_FILE: needs TLS; set MILLRACE_REDIS_TLS=true",
  );
  expect(() => read({ ...url, ...files })).toThrow(
    "MILLRACE_REDIS_CA_FILE: needs TLS; set rediss:// in MILLRACE_REDIS_URL",
  );
  const { MILLRACE_REDIS_CERT_FILE, MILLRACE_REDIS_CA_FILE } = files;
  expect(() => read({ ...secure, MILLRACE_REDIS_CERT_FILE })).toThrow(
    "MILLRACE_REDIS_KEY_FILE: needed with MILLRACE_REDIS_CERT_FILE",
  );
  const broken = { ...secure, MILLRACE_REDIS_CA_FILE: file("broken", "no") };
  expect(() => read(broken)).toThrow("MILLRACE_REDIS_CA_FILE: holds no certificate");
  const crossed = { ...secure, ...files, MILLRACE_REDIS_KEY_FILE: MILLRACE_REDIS_CA_FILE };
  expect(() => read(crossed)).toThrow("MILLRACE_REDIS_CERT_FILE and MILLRACE_REDIS_KEY_FILE");
});

const wrong: readonly (readonly [Record<string, string>, string])[] = [
  [{}, "MILLRACE_REDIS_URL, MILLRACE_REDIS_SENTINELS, MILLRACE_REDIS_CLUSTER: set one"],
  [{ ...url, ...cluster }, "MILLRACE_REDIS_URL and MILLRACE_REDIS_CLUSTER: set only one"],
  [{ MILLRACE_REDIS_SENTINELS: "a" }, "MILLRACE_REDIS_MASTER: needed with MILLRACE_REDIS_SENT"],
  [{ ...url, MILLRACE_REDIS_MASTER: "a" }, "MILLRACE_REDIS_SENTINELS: needed with MILLRACE_REDI"],
  [
    { ...cluster, MILLRACE_REDIS_PASSWORD: "secret", MILLRACE_REDIS_PASSWORD_FILE: "/x" },
    "MILLRACE_REDIS_PASSWORD and MILLRACE_REDIS_PASSWORD_FILE: set only one of them",
  ],
  [
    { ...cluster, MILLRACE_REDIS_USERNAME: "a" },
    "MILLRACE_REDIS_PASSWORD or MILLRACE_REDIS_PASSWORD_FILE: needed with MILLRACE_REDIS_USERNAME",
  ],
  [
    { ...cluster, MILLRACE_REDIS_SENTINEL_PASSWORD: "secret" },
    "MILLRACE_REDIS_SENTINELS: needed with MILLRACE_REDIS_SENTINEL_PASSWORD",
  ],
  [
    { MILLRACE_REDIS_URL: "redis://:secret@a", MILLRACE_REDIS_PASSWORD: "secret" },
    "MILLRACE_REDIS_PASSWORD: MILLRACE_REDIS_URL holds one too, which would win; remove one of them",
  ],
  [{ ...url, MILLRACE_REDIS_TLS: "true" }, "MILLRACE_REDIS_TLS: with MILLRACE_REDIS_URL, use"],
  [{ ...cluster, MILLRACE_REDIS_TLS: "yes" }, "MILLRACE_REDIS_TLS: must be true or false"],
  [{ MILLRACE_REDIS_URL: "redis://:secret@" }, "MILLRACE_REDIS_URL: must be redis://host:port"],
  [{ MILLRACE_REDIS_URL: "http://:secret@a" }, "MILLRACE_REDIS_URL: must be redis://host:port"],
  [{ MILLRACE_REDIS_URL: "redis://a?x=secret" }, "MILLRACE_REDIS_URL: must be redis://host"],
  [{ MILLRACE_REDIS_URL: "redis://a/secret" }, "MILLRACE_REDIS_URL: must be redis://host:port"],
  [{ MILLRACE_REDIS_CLUSTER: "redis://:secret@a" }, "MILLRACE_REDIS_CLUSTER: must be host:port"],
  [{ MILLRACE_REDIS_CLUSTER: "a:1,,b:2" }, "MILLRACE_REDIS_CLUSTER: must be host:port"],
  [{ MILLRACE_REDIS_CLUSTER: "a:99999" }, "MILLRACE_REDIS_CLUSTER: must be host:port"],
  [
    { ...cluster, MILLRACE_REDIS_PASSWORD_FILE: "/no/such/file" },
    "MILLRACE_REDIS_PASSWORD_FILE: cannot be read",
  ],
];

test.each(wrong)("refuses %o, and says what to change", (env, problem) => {
  expect(() => read(env)).toThrow(problem);
  expect(() => read(env)).not.toThrow("secret");
});

test("refuses an empty password file", () => {
  const file = folder()("empty", "\n");
  expect(() => read({ ...url, MILLRACE_REDIS_PASSWORD_FILE: file })).toThrow(
    "MILLRACE_REDIS_PASSWORD_FILE: is empty",
  );
});
