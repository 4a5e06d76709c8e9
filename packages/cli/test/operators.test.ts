import { once } from "node:events";
import { connect } from "node:net";
import { connectAdmin } from "@millrace/client/admin";
import { AdminService } from "@millrace/proto/admin-service";
import { NonRetryableError } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";
import { run as runWith, setup, steady } from "./setup.ts";

test("keys create prints only the key, which is accepted, and keys list hides its secret", async () => {
  const { run, queue, env } = await setup();
  const { code, out, err } = await run(["keys", "create", "shop", "--max-running", "4"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^mr_[a-z0-9]{10}_[0-9a-f]{48}\n$/);
  const [, keyId = "", secret = ""] = out.trim().split("_");
  expect(err).toBe(`API key ${keyId} (shop). Its secret is shown only once.\n`);
  const as = { ...env, MILLRACE_API_KEY: out.trim() };
  expect(await runWith(["list", "--queue", queue], as)).toMatchObject({
    code: 0,
    out: "There are no jobs.\n",
  });
  const listed = (await run(["keys", "list"])).out;
  expect(listed).not.toContain(secret);
  const row = steady(listed)
    .split("\n")
    .find((line) => line.startsWith(keyId));
  expect(row).toMatch(/^\w+ +shop +active +2027-01-31 08:00:00Z +\d+ +- +- +- +- +4 +- +- +- +-$/);
});

test("keys update changes only the given limits, and a rename keeps the budget", async () => {
  const { run, keyId } = await setup();
  const update = (...args: string[]) => run(["keys", "update", keyId, ...args]);
  await update("--tokens-per-minute", "90000", "--weight", "0.5");
  const { out } = await update("--max-running", "4", "--name", "shop");
  expect(steady(out, { [keyId]: "key" })).toBe(`\
KEY ID      NAME  STATE   CREATED               REQ/MIN  TOK/MIN  TOK/DAY  RUNNING  QUEUED  PRIORITY  BYTES  WEIGHT
key_______  shop  active  2027-01-31 08:00:00Z  -        90000    -        4        -       -         -      0.5
`);
  const json = await update("--tokens-per-minute", "none", "--json");
  expect(JSON.parse(json.out)).toMatchObject({
    ...{ keyId, name: "shop", budget: { maxRunning: 4, weight: 0.5 } },
  });
  expect(JSON.parse(json.out).budget).not.toHaveProperty("tokensPerMinute");
  const wrong = await update("--weight", "0");
  expect(wrong).toMatchObject({ code: 2, out: "" });
  expect(wrong.err).toContain("must be a number from 0.01 to 100, for example 2 or 0.5");
  expect(await update()).toMatchObject({
    code: 2,
    err: expect.stringContaining("Nothing to change"),
  });
});

test("a rotated key has a new secret, and a revoked key leaves the list", async () => {
  const { run, keyId, env, queue } = await setup();
  const rotated = await run(["keys", "rotate", keyId, "--grace", "0s"]);
  expect(rotated.out).toMatch(new RegExp(`^mr_${keyId}_[0-9a-f]{48}\n$`));
  const as = { ...env, MILLRACE_API_KEY: rotated.out.trim() };
  expect((await runWith(["list", "--queue", queue], as)).code).toBe(0);
  expect(await run(["keys", "revoke", keyId])).toMatchObject({
    ...{ code: 0, out: `${keyId} is revoked.\n` },
  });
  expect((await run(["keys", "list"])).out).not.toContain(keyId);
  const all = (await run(["keys", "list", "--all", "--json"])).out.trim().split("\n");
  const revoked = all.map((line) => JSON.parse(line)).find((key) => key.keyId === keyId);
  expect(revoked.revokeTime).toMatch(/Z$/);
  expect((await run(["keys", "rotate", keyId])).err).toContain(
    "revoked for good: create a new one",
  );
});

test("a queue is defined, changed in part, listed, paused and resumed", async () => {
  const { run, queue } = await setup();
  const put = (...args: string[]) => run(["queues", "put", queue, ...args]);
  await put("--types", "test,other", "--retain-succeeded", "7d", "--band-weights", "8:2:1");
  const { code, out, err } = await put("--max-attempts", "3", "--initial-backoff", "1m30s");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toBe(`\
queue               ${queue}
shards              1
types               test, other
depth per key       1000000
max priority        1
stalls              3
bounces             100
band weights        8:2:1
retries             3 attempts, 1m30s to 5m apart
estimated tokens    1000
keeps succeeded     7d
keeps failed        7d
keeps dead letters  30d
keeps at most       100000 of each kind and shard
`);
  const any = JSON.parse((await put("--types", "any", "--json")).out);
  expect(any).toMatchObject({ types: [], retainSucceeded: "604800s", shards: 1 });
  expect((await put("--shards", "2")).err).toContain("fixed when it was created");
  await run(["submit", "test", "--queue", queue, "--run-at", "+1h"]);
  const row = (state: string) =>
    `${queue}    ${state}  0       1          0        0          0       0`;
  expect((await run(["queues", "pause", queue])).out).toContain(row("paused"));
  const listed = (await run(["queues", "list", "--json"])).out.trim().split("\n");
  expect(
    listed.map((line) => JSON.parse(line)).find((one) => one.queue.name === queue),
  ).toMatchObject({
    ...{ paused: true, stats: { scheduled: "1", dead: "0" } },
  });
  expect((await run(["queues", "resume", queue])).out).toContain(row("open "));
  expect((await run(["queues", "list"])).out).toContain(`${queue}  `);
  expect(await run(["queues", "pause", "nowhere"])).toMatchObject({
    ...{ code: 5, err: "millrace: Not found: there is no queue nowhere.\n" },
  });
});

test("a provider account is defined, changed in part, reset and deleted", async () => {
  const { run } = await setup();
  const name = "openai/gpt-5";
  const put = (...args: string[]) => run(["providers", "put", name, ...args]);
  await put("--requests-per-minute", "500", "--max-running", "8");
  const shown = `\
ACCOUNT       STATE   WHY  SINCE  NEXT TRY  REQ/MIN  TOK/MIN   RUNNING  LIMIT NOW  LAST REFUSAL
openai/gpt-5  CLOSED                        0/500    0/200000  0/-      -
`;
  expect((await put("--tokens-per-minute", "200000", "--max-running", "none")).out).toBe(shown);
  expect((await run(["providers", "list"])).out).toBe(shown);
  expect((await run(["providers", "reset", name])).out).toBe(shown);
  const json = JSON.parse((await run(["providers", "list", "--json"])).out);
  expect(json).toMatchObject({
    account: { name, requestsPerMinute: 500, tokensPerMinute: "200000" },
    ...{ state: "PROVIDER_STATE_CLOSED", running: 0 },
  });
  expect(await run(["providers", "delete", name])).toMatchObject({
    ...{ code: 0, out: `${name} is deleted.\n` },
  });
  expect((await run(["providers", "list"])).out).toBe("There are no provider accounts.\n");
  expect(await run(["providers", "delete", name])).toMatchObject({
    ...{ code: 5, err: `millrace: Not found: there is no provider account ${name}.\n` },
  });
});

test("operators who change different limits at the same time do not undo each other's changes", async () => {
  const { run, keyId } = await setup();
  const both = await Promise.all([
    run(["keys", "update", keyId, "--max-running", "7"]),
    run(["keys", "update", keyId, "--max-queued", "9"]),
  ]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect((await run(["keys", "list", "--json"])).out).toMatch(/"maxRunning": ?7, ?"maxQueued": ?9/);
});

test("dead letters are listed, shown, redriven and purged", async () => {
  const { run, queue, keyId } = await setup(async ({ payload }) => {
    throw new NonRetryableError("BAD_INPUT", `no ${(payload as { n: number }).n}`);
  });
  const ids: string[] = [];
  for (const n of [1, 2]) {
    const submitted = await run(["submit", "test", `{"n":${n}}`, "--queue", queue, "--wait"]);
    ids.push(submitted.err.split("\n")[0] ?? "");
  }
  const dead = (verb: string, ...args: string[]) =>
    run(["dead-letters", verb, "--queue", queue, ...args]);
  const listed = await dead("list");
  expect(steady(listed.out, { [keyId]: "key", [queue]: "q" })).toBe(`\
JOB                                        TYPE  FAILED                ATTEMPTS  REASON     MESSAGE
q__~key_______~00000000000000000000000000  test  2027-01-31 08:00:00Z  1         BAD_INPUT  no 2
q__~key_______~00000000000000000000000000  test  2027-01-31 08:00:00Z  1         BAD_INPUT  no 1
`);
  expect((await dead("list", "--limit", "1")).err).toContain("There may be more");
  expect((await dead("list", "--reason", "OTHER")).out).toBe(
    `There are no such dead letters in ${queue}.\n`,
  );
  const shown = (await run(["dead-letters", "show", ids[0] ?? ""])).out;
  expect(shown).toContain('payload    {"n":1}');
  expect(steady(shown)).toContain(
    `1        ${queue}     2027-01-31 08:00:00Z  2027-01-31 08:00:00Z  BAD_INPUT: no 1\n`,
  );
  expect((await dead("redrive", "--dry-run")).out).toBe("2 would be submitted again\n");
  const redriven = await dead("redrive", "--job", ids[0] ?? "", "--json");
  expect(JSON.parse(redriven.out.trim().split("\n").at(-1) ?? "")).toEqual({
    ...{ matched: "1", redriven: "1", refused: "0", done: true },
  });
  expect(await dead("purge")).toMatchObject({
    ...{ code: 2, err: expect.stringContaining("Give --dry-run to count them, or --yes") },
  });
  expect((await dead("purge", "--dry-run", "--job", ids[1] ?? "")).out).toBe(
    "1 would be deleted\n",
  );
  expect((await dead("purge", "--yes", "--job", ids[1] ?? "")).out).toBe("1 deleted\n");
});

test("redriving into a full queue says how many were refused, and fails", async () => {
  const { run, queue, keyId, env } = await setup(async () => {
    throw new NonRetryableError("BAD_INPUT", "no");
  });
  await run(["submit", "test", "--queue", queue, "--wait"]);
  const admin = connectAdmin({ address: env.MILLRACE_ADMIN_ADDRESS });
  onTestFinished(() => admin.close());
  await admin.call(AdminService.method.pauseQueue, { name: queue });
  await run(["submit", "test", "--queue", queue]);
  await run(["keys", "update", keyId, "--max-queued", "1"]);
  const redriven = await run(["dead-letters", "redrive", "--queue", queue]);
  expect(redriven).toMatchObject({ code: 1, out: "0 of 1 submitted again, 1 refused\n" });
  expect(redriven.err).toContain("They are still dead letters.");
});

test("changes are listed newest first, with the operator who made them", async () => {
  const { run, queue, keyId } = await setup();
  await run(["queues", "pause", queue]);
  await run(["keys", "revoke", keyId]);
  const { code, out, err } = await run(["changes", "--limit", "2"]);
  expect(code).toBe(0);
  expect(steady(out, { [keyId]: "key", [queue]: "q" })).toBe(`\
TIME                  ACTOR      ACTION        SUBJECT     DETAIL
2027-01-31 08:00:00Z  anonymous  RevokeApiKey  key_______  {"keyId":"key_______"}
2027-01-31 08:00:00Z  anonymous  PauseQueue    q__         {"name":"q__"}
`);
  expect(err).toContain("There may be more");
  const [newest] = (await run(["changes", "--json", "--limit", "0"])).out.split("\n");
  expect(JSON.parse(newest ?? "")).toMatchObject({
    ...{ actor: "anonymous", action: "RevokeApiKey", subject: keyId },
  });
});

test("an audit reports that there are no findings, as text and as JSON", async () => {
  const { run, queue } = await setup();
  await run(["submit", "test", "--queue", queue]);
  const { code, out, err } = await run(["audit"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^No findings: \d+ jobs in \d+ shards?\.\n$/);
  const json = await run(["audit", "--json"]);
  expect(JSON.parse(json.out)).toMatchObject({ done: true, findings: [] });
});

test("an audit names broken invariants and fails, and --repair repairs them", async () => {
  const { run, queue, system } = await setup();
  const redis = connect(system.redis.port, "127.0.0.1");
  onTestFinished(() => void redis.destroy());
  const depth = `mr:{${queue}:0}:${queue}:mr:depth`;
  redis.write(`HSET ${depth} * 7\r\n`);
  await once(redis, "data");
  onTestFinished(async () => {
    redis.write(`DEL ${depth}\r\n`);
    await once(redis, "data");
  });
  const { code, out, err } = await run(["audit"]);
  expect(code).toBe(1);
  expect(out).toMatch(
    /^INVARIANT +SUBJECT +PROBLEM\n11 .* has 0 jobs in lanes, counted as 7 \(queue \S+, shard 0\)\n$/,
  );
  expect(err).toContain("Invariants are broken.");
  const repaired = await run(["audit", "--repair"]);
  expect(repaired).toMatchObject({ code: 0, err: "" });
  expect(repaired.out).toMatch(/^SUBJECT +REPAIRED\n\* +jobs in lanes: 7, now 0\n$/);
  const changes = await run(["changes", "--limit", "2"]);
  expect(changes.out).toMatch(/AuditRepair +\* +\{"done":"jobs in lanes: 7, now 0"\}/);
  expect(changes.out).toMatch(/Audit +1 findings +\{"repair":true\}/);
  expect((await run(["audit", "--repair"])).out).toMatch(/^No findings/);
});

test("connected workers are listed with what they serve", async () => {
  const { run, queue } = await setup();
  const connected = async () => (await run(["workers", "list"])).out.includes(queue);
  while (!(await connected()));
  const { out, err } = await run(["workers", "list"]);
  const row = steady(out)
    .split("\n")
    .find((line) => line.startsWith(queue));
  const time = "2027-01-31 08:00:00Z";
  expect(row).toMatch(
    new RegExp(`^${queue} +\\S+ +worker +${queue} +test +test +0 +8 +8 +${time} +${time}$`),
  );
  expect(err).toMatch(/^Answered by scheduler .+\.\n$/);
  const { out: json } = await run(["workers", "list", "--json"]);
  const all = json
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(all.find(({ workerId }) => workerId === queue)).toMatchObject({
    ...{ tokenName: "worker", queues: [queue], types: ["test"], freeSlots: 8 },
  });
});
