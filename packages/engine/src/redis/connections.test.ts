/** The ways in which a scheduler can connect and authenticate to Redis, each with a real server. */
import { once } from "node:events";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { systemClock, systemRandom } from "@millrace/shared";
import {
  redisCommand,
  startRedis,
  startRedisCluster,
  startRedisSentinels,
} from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { ACL, job, open, runThrough } from "../../test/connections.ts";
import { queue } from "../../test/setup.ts";
import { type RedisSettings, StoreUnavailable } from "../index.ts";
import { connect, createConnections } from "./connection.ts";

test("an engine works as an ACL user with only the documented permissions", async () => {
  const server = await startRedis();
  onTestFinished(() => server[Symbol.asyncDispose]());
  await redisCommand(server.port, "ACL", "SETUSER", "millrace", ...ACL);
  await redisCommand(server.port, "ACL", "SETUSER", "default", "off");
  const { url } = server;
  await runThrough({ url, username: "millrace", password: "secret" });
  await runThrough({ url: url.replace("redis://", "redis://millrace:secret@") });
  const wrong = { url, username: "millrace", password: "hunter2", connectTimeoutMs: 300 };
  await expect(open(wrong)).rejects.toThrow(StoreUnavailable);
  await expect(open(wrong)).rejects.toThrow("WRONGPASS");
  await expect(open(wrong)).rejects.not.toThrow("hunter2");
});

test("without the permission to rewrite the append-only file, only that call fails, and says so", async () => {
  const server = await startRedis({ appendonly: true });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const rules = ACL.filter((rule) => rule !== "+bgrewriteaof");
  await redisCommand(server.port, "ACL", "SETUSER", "millrace", ...rules);
  const { engine } = await open({ url: server.url, username: "millrace", password: "secret" });
  const why = expect.stringContaining("bgrewriteaof");
  expect(await engine.renewFiles()).toEqual({ kind: "notAllowed", why });
});

test("an engine connects by sentinels that have their own password", async () => {
  const watched = await startRedisSentinels({ password: "secret", sentinelPassword: "watch" });
  onTestFinished(() => watched[Symbol.asyncDispose]());
  const { addresses: sentinels, masterName } = watched;
  const settings = { sentinels, masterName, password: "secret", sentinelPassword: "watch" };
  await runThrough(settings);
  const short = { ...settings, connectTimeoutMs: 500 };
  await expect(open({ ...short, masterName: "other" })).rejects.toThrow(
    /no Redis named other by the sentinels at 127.*: .*No such master with that name/,
  );
  await expect(open({ ...short, sentinelPassword: "no" })).rejects.toThrow("WRONGPASS");
  await expect(open({ ...short, password: "no" })).rejects.toThrow("WRONGPASS");
});

/**
 * Removes the user's old password and cuts its connections, as a failover does, while the engine is
 * still given the old one; then gives it the new one. Until then each call is an outage that `isTold`.
 */
async function rotate(
  servers: readonly number[],
  settings: RedisSettings & { username: string },
  isTold: (outage: StoreUnavailable) => boolean,
) {
  let current = "secret";
  const { engine } = await open({
    ...settings,
    ...{ password: () => current, commandTimeoutMs: 1_000 },
  });
  await engine.defineQueue({ name: queue, shards: 3 });
  for (const port of servers) {
    await redisCommand(port, "ACL", "SETUSER", "millrace", "<secret", ">rotated");
    await redisCommand(port, "CLIENT", "KILL", "USER", "millrace");
  }
  const submit = () => engine.submit([job()]).catch((error: unknown) => error);
  let outcome = await submit();
  while (!(outcome instanceof StoreUnavailable && isTold(outcome))) {
    expect(outcome).toBeInstanceOf(StoreUnavailable);
    outcome = await submit();
  }
  current = "rotated";
  outcome = await submit();
  while (outcome instanceof StoreUnavailable) outcome = await submit();
  expect(outcome).toEqual([{ kind: "accepted" }]);
}

/** The user `default` without a password stays, for the test itself. */
const userOf = async (ports: readonly number[]) => {
  for (const port of ports) await redisCommand(port, "ACL", "SETUSER", "millrace", ...ACL);
};

test("reconnecting connections use a rotated password", async () => {
  const server = await startRedis();
  onTestFinished(() => server[Symbol.asyncDispose]());
  await userOf([server.port]);
  const settings = { url: server.url, username: "millrace" };
  await rotate([server.port], settings, ({ accessDenied }) => accessDenied);
});

test("reconnecting connections to a Cluster use a rotated password", async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const ports = cluster.masters.map(({ port }) => port);
  await userOf(ports);
  // A Cluster's client tries all nodes. The log has the reason for each, and a call ends with its time-out.
  await rotate(ports, { cluster: cluster.addresses, username: "millrace" }, () => true);
});

test("a command that the user may not run is reported as denied access", async () => {
  const server = await startRedis();
  onTestFinished(() => server[Symbol.asyncDispose]());
  await userOf([server.port]);
  const { engine } = await open({ url: server.url, username: "millrace", password: "secret" });
  await redisCommand(server.port, "ACL", "SETUSER", "millrace", "-evalsha", "-eval");
  await expect(engine.defineQueue({ name: queue })).rejects.toMatchObject({
    ...{ name: "StoreUnavailable", accessDenied: true },
  });
});

test("in a Cluster too, a command that has failed is not sent when its node is back", async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const settings = { cluster: cluster.addresses, commandTimeoutMs: 200 };
  const { commands, signals } = createConnections(settings, systemRandom, () => {});
  onTestFinished(() => {
    signals.disconnect();
    commands.disconnect();
  });
  await connect(commands, settings, systemClock);
  await commands.set("given-up", 0);
  const [first] = cluster.masters;
  const slot = Number(await redisCommand(first?.port ?? 0, "CLUSTER", "KEYSLOT", "given-up"));
  const holder = cluster.masters[Math.floor(slot / Math.ceil(16_384 / 3))];
  const others = cluster.masters.filter((server) => server !== holder);
  /** How often other nodes received the command, because the client asks any node if one is away. */
  const asked = async () => {
    const stats = await Promise.all(
      others.map(({ port }) => redisCommand(port, "INFO", "commandstats")),
    );
    return stats.map((text) => /^cmdstat_set:.*/m.exec(text)?.[0] ?? "never");
  };
  holder?.pause();
  await expect(commands.set("given-up", 1)).rejects.toThrow("timed out");
  const before = await asked();
  await holder?.kill();
  await holder?.restart();
  let found: number | undefined;
  while (found === undefined) found = await commands.exists("given-up").catch(() => undefined);
  // The node was restarted without data.
  expect(found).toBe(0);
  expect(await asked()).toEqual(before);
});

test("a Cluster that does not serve all of its slots counts as unavailable until it does", async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const { engine } = await open({ cluster: cluster.addresses, commandTimeoutMs: 1_000 });
  await engine.defineQueue({ name: queue, shards: 3 });
  const submit = () => engine.submit([job()]);
  expect(await submit()).toEqual([{ kind: "accepted" }]);
  /** The first slot of each master. A node that misses any slot answers CLUSTERDOWN for all slots. */
  const slots = (command: "DELSLOTS" | "ADDSLOTS") =>
    Promise.all(
      cluster.masters.map(({ port }, index) =>
        redisCommand(port, "CLUSTER", command, String(index * Math.ceil(16_384 / 3))),
      ),
    );
  await slots("DELSLOTS");
  const answers = cluster.masters.map(({ port }) =>
    redisCommand(port, "SET", "any", "1").catch(({ message }: Error) => message),
  );
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^(CLUSTERDOWN|MOVED)/);
  await expect(submit()).rejects.toThrow(StoreUnavailable);
  await slots("ADDSLOTS");
  const again = () => submit().catch(() => undefined);
  let outcome = await again();
  while (outcome === undefined) outcome = await again();
  expect(outcome).toEqual([{ kind: "accepted" }]);
});

test("an engine follows an address that leads to another server after a failover", async () => {
  const primary = await startRedis();
  onTestFinished(() => primary[Symbol.asyncDispose]());
  const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", String(primary.port)] });
  onTestFinished(() => replica[Symbol.asyncDispose]());
  let target = primary.port;
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connectSocket(target, "127.0.0.1");
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) sockets.add(socket.on("error", () => near.destroy()));
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const { port } = proxy.address() as { port: number };
  const { engine } = await open({ url: `redis://127.0.0.1:${port}` });
  await engine.defineQueue({ name: queue });
  // The connections stay open, and lead to a server that is a replica now.
  await redisCommand(replica.port, "REPLICAOF", "NO", "ONE");
  target = replica.port;
  await redisCommand(primary.port, "REPLICAOF", "127.0.0.1", String(replica.port));
  await expect(engine.submit([job()])).rejects.toThrow(StoreUnavailable);
  await engine.defineQueue({ name: queue });
  expect(await engine.submit([job()])).toEqual([{ kind: "accepted" }]);
  expect(await redisCommand(replica.port, "DBSIZE")).not.toBe("0");
});
