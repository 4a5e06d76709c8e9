import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testAuthority } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { ConfigError } from "./load-config.ts";
import { readSchedulerTls, readServerTls, warnOfPlaintext } from "./tls.ts";

function setup() {
  const folder = mkdtempSync(join(tmpdir(), "millrace-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const authority = testAuthority();
  const server = authority.issue("server");
  const file = (name: string, content: Buffer | string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  return {
    server,
    authority,
    tlsCert: file("cert.pem", server.cert),
    tlsKey: file("key.pem", server.key),
    tlsClientCa: file("ca.pem", authority.ca),
    otherKey: file("other.pem", authority.issue("other").key),
    garbage: file("garbage.pem", "not a certificate"),
    missing: join(folder, "nothing.pem"),
  };
}

const unset = { tlsCert: undefined, tlsKey: undefined, tlsClientCa: undefined };
const unsetClient = {
  schedulerCa: undefined,
  schedulerCert: undefined,
  schedulerKey: undefined,
};

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

test("uses plaintext if nothing is set", () => {
  expect(readServerTls(unset)).toBeUndefined();
  expect(readSchedulerTls(unsetClient)).toBeUndefined();
});

test("reads the files that the settings name", () => {
  const { tlsCert, tlsKey, tlsClientCa, server, authority } = setup();
  expect(readServerTls({ ...unset, tlsCert, tlsKey })).toEqual(server);
  expect(readServerTls({ tlsCert, tlsKey, tlsClientCa })).toEqual({
    ...server,
    clientCa: authority.ca,
  });
  const client = { schedulerCa: tlsClientCa, schedulerCert: tlsCert, schedulerKey: tlsKey };
  expect(readSchedulerTls(client)).toEqual({ ...server, ca: authority.ca });
  expect(readSchedulerTls({ ...unsetClient, schedulerCa: tlsClientCa })).toEqual({
    ca: authority.ca,
  });
});

test("requires settings that belong together", () => {
  const { tlsCert, tlsKey, tlsClientCa } = setup();
  const server = (set: object) => problemsOf(() => readServerTls({ ...unset, ...set }));
  expect(server({ tlsCert })).toEqual([
    "MILLRACE_TLS_KEY_FILE: needed with MILLRACE_TLS_CERT_FILE",
  ]);
  expect(server({ tlsKey })).toEqual(["MILLRACE_TLS_CERT_FILE: needed with MILLRACE_TLS_KEY_FILE"]);
  expect(server({ tlsClientCa })).toEqual([
    "MILLRACE_TLS_CERT_FILE: needed with MILLRACE_TLS_CLIENT_CA_FILE",
  ]);
  const client = { ...unsetClient, schedulerCert: tlsCert };
  expect(problemsOf(() => readSchedulerTls(client))).toEqual([
    "MILLRACE_SCHEDULER_KEY_FILE: needed with MILLRACE_SCHEDULER_CERT_FILE",
    "MILLRACE_SCHEDULER_CA_FILE: needed with MILLRACE_SCHEDULER_CERT_FILE",
  ]);
});

test("names every file that cannot be read, with its setting", () => {
  const { missing } = setup();
  const problems = problemsOf(() => readServerTls({ ...unset, tlsCert: missing, tlsKey: missing }));
  expect(problems).toHaveLength(2);
  expect(problems[0]).toMatch(/^MILLRACE_TLS_CERT_FILE: cannot be read: .*nothing\.pem/);
});

test("refuses files at start that do not match or hold something else", () => {
  const { tlsCert, tlsKey, otherKey, garbage } = setup();
  const server = (set: object) => problemsOf(() => readServerTls({ ...unset, tlsCert, ...set }));
  const both = "MILLRACE_TLS_CERT_FILE and MILLRACE_TLS_KEY_FILE: not usable";
  expect(server({ tlsKey: otherKey })).toEqual([expect.stringContaining(both)]);
  expect(server({ tlsKey: garbage })).toEqual([expect.stringContaining(both)]);
  expect(server({ tlsKey, tlsClientCa: garbage })).toEqual([
    expect.stringContaining("MILLRACE_TLS_CLIENT_CA_FILE: holds no certificate"),
  ]);
  expect(problemsOf(() => readSchedulerTls({ ...unsetClient, schedulerCa: garbage }))).toEqual([
    expect.stringContaining("MILLRACE_SCHEDULER_CA_FILE: holds no certificate"),
  ]);
});

test("warns of a plaintext listener on the network, and not with TLS or on loopback", () => {
  const warned: object[] = [];
  const log = { warn: (fields: object) => void warned.push(fields) };
  warnOfPlaintext(log, undefined, ["127.0.0.1", "::1"]);
  const key = Buffer.alloc(0);
  warnOfPlaintext(log, { key, cert: key }, ["0.0.0.0"]);
  expect(warned).toEqual([]);
  warnOfPlaintext(log, undefined, ["127.0.0.1", "0.0.0.0"]);
  expect(warned).toMatchObject([{ hosts: ["0.0.0.0"] }]);
});
