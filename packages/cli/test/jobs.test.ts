import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisCommand } from "@millrace/testing";
import { NonRetryableError } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";
import { setup, steady } from "./setup.ts";

async function fileWith(text: string, name = "input.json") {
  const folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test("submit prints only the job's id, and get shows the job", async () => {
  const { run, queue, keyId } = await setup();
  const submitted = await run([
    ...[
      "submit",
      "test",
      '{"a":1}',
      "--queue",
      queue,
      "--priority",
      "80",
      "--label",
      "customer=acme",
    ],
    ...["--run-at", "+1h", "--max-attempts", "2"],
  ]);
  expect(submitted).toMatchObject({ code: 0, err: "" });
  const id = submitted.out.trim();
  expect(id).toMatch(new RegExp(`^${queue}~${keyId}~[0-9A-Z]{26}$`));
  const { code, out, err } = await run(["get", id]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(steady(out, { [keyId]: "key", [queue]: "q" })).toBe(`\
id         q__~key_______~00000000000000000000000000
state      SCHEDULED
queue      q__
type       test
priority   80
attempt    0 of 2
submitted  2027-01-31 08:00:00Z
runs at    2027-01-31 08:00:00Z
labels     customer=acme
payload    {"a":1}
`);
  const json = JSON.parse((await run(["get", id, "--json"])).out);
  expect(json).toMatchObject({ id, state: "SCHEDULED", payload: { a: 1 }, priority: 80 });
  expect(json.runAt).toMatch(/^\d{4}-.*Z$/);
});

test("a payload comes from an argument, a file, or standard input", async () => {
  const { run, queue } = await setup(async ({ payload }) => payload as object);
  const path = await fileWith('{"from":"file"}');
  const result = async (payload: string, input?: string) =>
    JSON.parse((await run(["submit", "test", payload, "--queue", queue, "--wait"], input)).out);
  expect(await result('{"from":"argument"}')).toEqual({ from: "argument" });
  expect(await result(`@${path}`)).toEqual({ from: "file" });
  expect(await result("@-", '{"from":"input"}')).toEqual({ from: "input" });
});

test("submit --wait prints the job's result, or why the job has none", async () => {
  const { run, queue } = await setup(async ({ payload }) => {
    if ("bad" in (payload as object)) throw new NonRetryableError("BAD_INPUT", "nothing to do");
    return { answer: 42 };
  });
  const job = (payload: string, ...more: string[]) => [
    ...["submit", "test", payload, "--queue", queue, "--wait"],
    ...more,
  ];
  const good = await run(job("{}"));
  expect(good).toMatchObject({ code: 0, out: '{\n  "answer": 42\n}\n' });
  expect(good.err).toMatch(new RegExp(`^${queue}~.*\n$`));
  const goodJson = JSON.parse((await run(job("{}", "--json"))).out);
  expect(goodJson).toMatchObject({ state: "SUCCEEDED", result: { answer: 42 } });
  const bad = await run(job('{"bad":1}'));
  expect(bad).toMatchObject({ code: 1, out: "" });
  expect(bad.err).toContain("ended as FAILED: BAD_INPUT: nothing to do");
  const badJson = await run(job('{"bad":1}', "--json"));
  expect(JSON.parse(badJson.out)).toMatchObject({
    state: "FAILED",
    failure: { reason: "BAD_INPUT" },
  });
  expect(badJson.code).toBe(1);
});

test("watch prints a job's text as it is written, and reports when an attempt begins again", async () => {
  const { run, queue } = await setup(async ({ attempt, write }) => {
    await write(attempt === 1 ? "Wrong" : "Call me Ishmael.");
    if (attempt === 1) throw new Error("once more");
    return {};
  });
  const submitted = await run([
    ...["submit", "test", "--queue", queue, "--watch", "--initial-backoff", "0s"],
  ]);
  expect(submitted).toMatchObject({ code: 0, out: "Wrong\nCall me Ishmael.\n" });
  expect(submitted.err).toContain("Attempt 2 begins. Ignore the text above.");
  const id = submitted.err.split("\n")[0] ?? "";
  const again = await run(["watch", id, "--json"]);
  const events = again.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events.map(({ kind }) => kind)).toEqual(["text", "reset", "text", "job"]);
  expect(events.at(-1)).toMatchObject({ job: { state: "SUCCEEDED", attempt: 2 } });
  const rest = await run(["watch", id, "--from", "2"]);
  expect(rest.out).toBe("Call me Ishmael.\n");
});

test("--wait shows a result whose output is no longer kept, and watch reports that", async () => {
  const { run, queue, system } = await setup(async ({ write }) => {
    await write("Call me Ishmael.");
    return { answer: 42 };
  });
  const wait = ["submit", "test", "--queue", queue, "--idempotency-key", "one", "--wait"];
  const { err } = await run(wait);
  const id = err.split("\n")[0] ?? "";
  const remove = "return redis.call('DEL', unpack(redis.call('KEYS', ARGV[1])))";
  await redisCommand(system.redis.port, "EVAL", remove, "0", `*${id}:output`);
  expect(await run(wait)).toMatchObject({ code: 0, out: '{\n  "answer": 42\n}\n' });
  const watched = await run(["watch", id]);
  expect(watched.code).not.toBe(0);
  expect(watched.out).toBe('{\n  "answer": 42\n}\n');
  expect(watched.err).toContain("is no longer stored");
});

test("submit uploads a job's document, and names a file that cannot be read", async () => {
  const { run, queue } = await setup(async ({ documentIds }) => ({ got: documentIds.length }));
  const path = await fileWith("Call me Ishmael.", "moby.txt");
  const job = ["submit", "test", "--queue", queue, "--wait", "--document"];
  expect(JSON.parse((await run([...job, path, "--document", path])).out)).toEqual({ got: 2 });
  const missing = await run([...job, `${path}.pdf`]);
  expect(missing).toMatchObject({ code: 2, out: "" });
  expect(missing.err).toMatch(/moby\.txt\.pdf cannot be read: .*no such file/);
});

test("submit says when the idempotency key matched an existing job", async () => {
  const { run, queue } = await setup();
  const submit = (...more: string[]) =>
    run(["submit", "test", "--queue", queue, "--idempotency-key", "once", ...more]);
  const first = await submit();
  const second = await submit();
  expect(second.out).toBe(first.out);
  expect(second.err).toContain("existed already");
  expect(JSON.parse((await submit("--json")).out)).toEqual({
    ...{ jobId: first.out.trim(), existing: true },
  });
  const other = await run([
    ...["submit", "test", '{"other":1}', "--queue", queue, "--idempotency-key", "once"],
  ]);
  expect(other).toMatchObject({ code: 1, out: "" });
  expect(other.err).toContain("the idempotency key belongs to a job with other content");
});

test("list shows the newest jobs first, and says when there are more", async () => {
  const { run, queue, keyId } = await setup();
  for (const type of ["test", "other", "other"]) {
    await run(["submit", type, "--queue", queue, "--run-at", "+1h"]);
  }
  const { code, out, err } = await run(["list", "--queue", queue, "--limit", "2"]);
  expect(code).toBe(0);
  expect(steady(out, { [keyId]: "key", [queue]: "q" })).toBe(`\
JOB                                        STATE      TYPE   PRIORITY  ATTEMPT  SUBMITTED             FINISHED
q__~key_______~00000000000000000000000000  SCHEDULED  other  50        0/5      2027-01-31 08:00:00Z
q__~key_______~00000000000000000000000000  SCHEDULED  other  50        0/5      2027-01-31 08:00:00Z
`);
  expect(err).toContain("--limit 0 shows all");
  const only = await run([
    ...["list", "--queue", queue, "--type", "test", "--state", "scheduled,queued", "--json"],
  ]);
  expect(
    only.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).type),
  ).toEqual(["test"]);
  expect((await run(["list", "--queue", queue, "--state", "failed"])).out).toBe(
    "There are no jobs.\n",
  );
});

test("cancel cancels a job, and reports a job that does not exist", async () => {
  const { run, queue } = await setup();
  const id = (await run(["submit", "test", "--queue", queue, "--run-at", "+1h"])).out.trim();
  expect(await run(["cancel", id, "--reason", "wrong file"])).toEqual({
    ...{ code: 0, out: "CANCELLED\n", err: "" },
  });
  const job = JSON.parse((await run(["get", id, "--json"])).out);
  expect(job).toMatchObject({ state: "CANCELLED", failure: { message: "wrong file" } });
  const unknown = await run(["cancel", `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`]);
  expect(unknown).toMatchObject({ code: 5, out: "" });
});

test("Ctrl-C stops watching but not the job, and says how to continue watching", async () => {
  const gate = Promise.withResolvers<void>();
  const { run, start, queue } = await setup(async ({ write }) => {
    await write("Call me ");
    await gate.promise;
    await write("Ishmael.");
    return {};
  });
  const id = (await run(["submit", "test", "--queue", queue])).out.trim();
  const watch = start(["watch", id]);
  await watch.says("Call me ");
  watch.child.kill("SIGINT");
  const stopped = await watch.finished;
  expect(stopped).toMatchObject({ code: 130, out: "Call me \n" });
  expect(stopped.err).toContain(
    `the job continues. To watch it again, run: millrace watch ${id} --from 1`,
  );
  gate.resolve();
  expect(await run(["watch", id, "--from", "1"])).toMatchObject({ code: 0, out: "Ishmael.\n" });
});

test("SIGTERM stops --wait but not the job", async () => {
  const gate = Promise.withResolvers<void>();
  const running = Promise.withResolvers<string>();
  const { run, start, queue } = await setup(async ({ jobId }) => {
    running.resolve(jobId);
    await gate.promise;
    return { done: true };
  });
  const waiting = start(["submit", "test", "--queue", queue, "--wait"]);
  const id = await running.promise;
  waiting.child.kill("SIGTERM");
  expect(await waiting.finished).toMatchObject({ code: 130, out: "" });
  gate.resolve();
  expect((await run(["watch", id])).out).toBe('{\n  "done": true\n}\n');
});

test("a reader that closes the pipe early ends the command without an error", async () => {
  const { run, start, queue } = await setup();
  for (let made = 0; made < 3; made += 1) await run(["submit", "test", "--queue", queue]);
  const listing = start(["list", "--queue", queue]);
  listing.child.stdout.destroy();
  expect(await listing.finished).toMatchObject({ code: 0, err: "" });
});

test("a reader that leaves standard error does not end the command", async () => {
  const { start, queue } = await setup();
  const refused = start(["list", "--queue", queue, "--state", "no-state"]);
  refused.child.stderr.destroy();
  // The exit code is that of the refusal, and not that of a failed write.
  expect(await refused.finished).toMatchObject({ code: 2, out: "" });
  const submitted = start(["submit", "test", "--queue", queue, "--wait"]);
  submitted.child.stderr.destroy();
  expect(await submitted.finished).toMatchObject({ code: 0, out: "{}\n" });
});

test("explain names what holds a job, with the limit and what the job needs", async () => {
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const { run, queue, keyId } = await setup(async () => {
    started.resolve();
    await gate.promise;
    return {};
  });
  onTestFinished(() => gate.resolve());
  await run(["keys", "update", keyId, "--max-running", "1"]);
  await run(["submit", "test", "--queue", queue]);
  await started.promise;
  const id = (await run(["submit", "test", "--queue", queue])).out.trim();
  const { code, out, err } = await run(["explain", id]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^state +QUEUED\n/);
  expect(out).toMatch(new RegExp(`\\nKEY_CONCURRENCY +${keyId} +1 of 1, needs 1 `));
  const json = JSON.parse((await run(["explain", id, "--json"])).out);
  expect(json.constraints).toMatchObject([
    { kind: "KEY_CONCURRENCY", subject: keyId, limit: 1, used: 1, needed: 1 },
  ]);
});
