/** Connections to Redis by TLS, and what their sockets' errors may not end, with real servers. */
import { type EventEmitter, errorMonitor, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemRandom } from "@millrace/shared";
import {
  freePort,
  redisCommand,
  startRedis,
  startRedisCluster,
  startRedisSentinels,
  testAuthority,
} from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { ACL, open, runThrough } from "../../test/connections.ts";
import { StoreUnavailable } from "../index.ts";
import { connect, createConnection, createConnections } from "./connection.ts";
import { mastersOf } from "./store-connection.ts";

/** An authority, and the arguments of a Redis that has a certificate of it. */
async function certified() {
  const directory = await mkdtemp(join(tmpdir(), "millrace-redis-tls-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const authority = testAuthority();
  const issued = authority.issue("redis");
  const file = async (name: string, content: Buffer) => {
    await writeFile(join(directory, name), content);
    return join(directory, name);
  };
  const tlsArgs = [
    ...["--tls-ca-cert-file", await file("ca", authority.ca)],
    ...["--tls-cert-file", await file("cert", issued.cert)],
    ...["--tls-key-file", await file("key", issued.key)],
  ];
  return { authority, tlsArgs };
}

/** A Redis that asks for a certificate. */
async function startCertified() {
  const { authority, tlsArgs } = await certified();
  const port = await freePort();
  const server = await startRedis({ args: ["--tls-port", String(port), ...tlsArgs] });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { authority, url: `rediss://localhost:${port}` };
}

test("an engine connects by TLS, with the certificate that Redis asks for", async () => {
  const { authority, url } = await startCertified();
  const ours = authority.issue("scheduler");
  const { ca } = authority;
  await runThrough({ url, tls: { ca, ...ours } });
  const short = { url, connectTimeoutMs: 300 };
  // Without the authority, the server's certificate is not trusted. Without a certificate of its own, the client is refused.
  await expect(open({ ...short, tls: ours })).rejects.toThrow("certificate");
  await expect(open({ ...short, tls: { ca } })).rejects.toThrow(StoreUnavailable);
});

test("an engine connects to a Cluster as an ACL user, with TLS", async () => {
  const { authority, tlsArgs } = await certified();
  const cluster = await startRedisCluster({ tlsArgs: [...tlsArgs, "--tls-auth-clients", "no"] });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  for (const { port } of cluster.masters) {
    await redisCommand(port, "ACL", "SETUSER", "millrace", ...ACL);
    await redisCommand(port, "ACL", "SETUSER", "default", "off");
  }
  const settings = {
    ...{ cluster: cluster.addresses, username: "millrace", password: "secret" },
    tls: { ca: authority.ca },
  };
  await runThrough(settings);
  await expect(open({ ...settings, password: "no", connectTimeoutMs: 300 })).rejects.toThrow(
    "WRONGPASS",
  );
});

/** Connects without the authority, and ends the connection during the handshake. Nothing here handles its socket's errors. */
async function giveUp(url: string, tls: { cert: Buffer; key: Buffer }) {
  const redis = createConnection({ url, tls }, "test", systemRandom, () => {});
  redis.connect().catch(() => undefined);
  while (redis.stream === undefined) await new Promise((resolve) => process.nextTick(resolve));
  const stream: EventEmitter = redis.stream;
  const errors: string[] = [];
  stream.on(errorMonitor, ({ message }) => errors.push(message));
  const closed = new Promise((resolve) => stream.once("close", resolve));
  await once(stream, "connect");
  redis.disconnect();
  await closed;
  return { errors, handlers: stream.listenerCount("error") };
}

test("a connection that ends during its handshake, and fails twice by that, ends nothing else", async () => {
  const { authority, url } = await startCertified();
  const ours = authority.issue("scheduler");
  let given = await giveUp(url, ours);
  // Whether the server's alert arrives before the socket is closed is not ours to decide.
  while (given.errors.length < 2) given = await giveUp(url, ours);
  const { errors, handlers } = given;
  expect(errors).toEqual([
    expect.stringContaining("certificate"),
    expect.stringContaining("alert"),
  ]);
  expect(handlers).toBe(1);
});

test("the sockets of a master that sentinels name, and of a Cluster's connections, may fail twice, too", async () => {
  const watched = await startRedisSentinels();
  onTestFinished(() => watched[Symbol.asyncDispose]());
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const { addresses: sentinels, masterName } = watched;
  const ofSentinels = { sentinels, masterName };
  const named = createConnection(ofSentinels, "test", systemRandom, () => {});
  onTestFinished(() => named.disconnect());
  await connect(named, ofSentinels, systemClock);
  const ofCluster = { cluster: cluster.addresses };
  const { commands, signals } = createConnections(ofCluster, systemRandom, () => {});
  onTestFinished(() => {
    signals.disconnect();
    commands.disconnect();
  });
  await connect(commands, ofCluster, systemClock);
  await connect(signals, ofCluster, systemClock);
  const connections = [named, ...mastersOf(commands), signals];
  expect(connections).toHaveLength(5);
  // A node is connected to by the first command for it.
  for (const master of mastersOf(commands)) await master.ping();
  for (const { stream } of connections) {
    for (const message of ["first", "second"]) stream.emit("error", new Error(message));
  }
});
