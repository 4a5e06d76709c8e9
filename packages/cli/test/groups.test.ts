import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NonRetryableError } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";
import { setup, steady } from "./setup.ts";

const lines = (...values: object[]) => values.map((value) => JSON.stringify(value)).join("\n");

async function fileWith(text: string) {
  const folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "children.jsonl");
  await writeFile(path, text);
  return path;
}

test("create --watch follows a group with children and a finalizer to its end", async () => {
  const { run, queue, keyId } = await setup(async ({ payload }) => ({ got: payload }));
  const path = await fileWith(
    lines({ type: "test", payload: { n: 1 }, priority: 3 }, { type: "test" }),
  );
  const created = await run([
    ...["groups", "create", "--queue", queue, "--finalizer", "test", "--label", "team=x"],
    ...["--jobs", path, "--close", "--watch"],
  ]);
  expect(created).toMatchObject({ code: 0, out: "SUCCEEDED: 2 of 2 ended\n" });
  const id = created.err.trim();
  expect(id).toMatch(new RegExp(`^${queue}~${keyId}~[0-9A-Z]{26}$`));
  const shown = await run(["groups", "get", id]);
  expect(shown).toMatchObject({ code: 0, err: "" });
  expect(steady(shown.out, { [keyId]: "key", [queue]: "q" })).toBe(`\
id             q__~key_______~00000000000000000000000000
state          SUCCEEDED
queue          q__
children       2 of 2 ended
succeeds with  all
finalizer      q__~key_______~00000000000000000000000000
created        2027-01-31 08:00:00Z
deadline       2027-01-31 08:00:00Z
finished       2027-01-31 08:00:00Z
labels         team=x
`);
  const children = await run(["groups", "children", id]);
  expect(steady(children.out, { [keyId]: "key", [queue]: "q" })).toBe(`\
#  JOB                                        STATE      GAVE
1  q__~key_______~00000000000000000000000000  SUCCEEDED  {"got":{"n":1}}
2  q__~key_______~00000000000000000000000000  SUCCEEDED  {"got":{}}
`);
  const listed = JSON.parse((await run(["groups", "list", "--queue", queue, "--json"])).out);
  expect(listed).toMatchObject({ id, state: "SUCCEEDED", progress: { total: 2, succeeded: 2 } });
});

test("jobs join an open group from a file or standard input, until it is closed", async () => {
  const { run, queue } = await setup();
  const create = ["groups", "create", "--queue", queue, "--rule", "50%", "--max-in-flight", "1"];
  const id = (await run(create)).out.trim();
  const submitted = await run(["groups", "submit", id, "--type", "test"], lines({ n: 1 }, {}));
  expect(submitted).toMatchObject({ code: 0, err: "" });
  const [first] = submitted.out.split("\n");
  const job = JSON.parse((await run(["get", String(first), "--json"])).out);
  expect(job).toMatchObject({ groupId: id, payload: { n: 1 } });
  expect(await run(["groups", "close", id])).toMatchObject({ code: 0, err: "" });
  const watched = await run(["groups", "watch", id, "--json"]);
  expect(watched.code).toBe(0);
  const last = JSON.parse(watched.out.trim().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ state: "SUCCEEDED", rule: { atLeastPercent: 50 }, maxInFlight: 1 });
  const late = await run(["groups", "submit", id, "--type", "test"], "{}");
  expect(late).toMatchObject({ code: 1, out: "" });
  expect(late.err).toContain("the group is closed or has finished");
});

test("watch says how a group failed, and exits with 1", async () => {
  const { run, queue } = await setup(async () => {
    throw new NonRetryableError("BROKEN", "it is broken");
  });
  const made = await run(
    [...["groups", "create", "--queue", queue, "--type", "test"], ...["--jobs", "-", "--close"]],
    "{}",
  );
  const id = made.out.trim();
  const watched = await run(["groups", "watch", id]);
  expect(watched).toMatchObject({ code: 1, out: "FAILED: 1 of 1 ended, 1 failed\n" });
  expect(watched.err).toContain(`${id} ended as FAILED`);
  const { out } = await run(["groups", "children", id]);
  expect(out).toContain("BROKEN: it is broken");
});

test("close succeeds for a group whose child failed before", async () => {
  const { run, queue } = await setup(async () => {
    throw new NonRetryableError("BROKEN", "it is broken");
  });
  const create = ["groups", "create", "--queue", queue, "--type", "test", "--jobs", "-"];
  const id = (await run(create, "{}")).out.trim();
  expect(await run(["groups", "watch", id])).toMatchObject({ code: 1 });
  expect(await run(["groups", "close", id])).toMatchObject({ code: 0, err: "" });
});

test("cancel ends a group with the reason, and Ctrl-C only the watch", async () => {
  const { run, start, queue } = await setup(
    ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  const made = await run(
    ["groups", "create", "--queue", queue, "--type", "test", "--jobs", "-", "--close"],
    "{}",
  );
  const id = made.out.trim();
  const watch = start(["groups", "watch", id, "--json"]);
  await watch.says('"state":"RUNNING"');
  watch.child.kill("SIGINT");
  const stopped = await watch.finished;
  expect(stopped.code).toBe(130);
  expect(stopped.err).toContain(`millrace groups watch ${id}`);
  const cancelled = await run(["groups", "cancel", id, "--reason", "wrong files"]);
  expect(cancelled).toMatchObject({ code: 0, out: "RUNNING\n" });
  expect(cancelled.err).toContain("The children are being cancelled");
  const ended = await run(["groups", "watch", id]);
  expect(ended).toMatchObject({ code: 1, out: "CANCELLED: 1 of 1 ended, 1 cancelled\n" });
  expect(ended.err).toContain("ended as CANCELLED: wrong files");
});

test("refused children are named, and the others are in the group", async () => {
  const { run, queue } = await setup();
  const path = await fileWith(lines({ type: "test" }, { type: "!" }));
  const created = await run(["groups", "create", "--queue", queue, "--jobs", path, "--close"]);
  expect(created.code).toBe(1);
  expect(created.err).toMatch(/^job 2: type: /);
  expect(created.err).toContain("1 of 2 jobs were refused");
  const { out } = await run(["groups", "get", created.out.trim(), "--json"]);
  expect(JSON.parse(out)).toMatchObject({ state: "OPEN", progress: { total: 1 } });
});

test.each([
  ['{"type":', "Line 1 of the input is not valid JSON"],
  ["\n[1]", "Line 2 of the input is not a JSON object"],
  ['{"payload":{}}', 'Line 1 of the input has no "type"'],
  ['{"type":"test","run":1}', 'Line 1 of the input has "run"'],
  ['{"type":"test","payload":1}', 'has a wrong "payload": it must be an object'],
])("the children %j are refused before anything is created", async (input, message) => {
  const { run, queue } = await setup();
  const refused = await run(["groups", "create", "--queue", queue, "--jobs", "-"], input);
  expect(refused).toMatchObject({ code: 2, out: "" });
  expect(refused.err).toContain(message);
  expect((await run(["groups", "list", "--queue", queue])).out).toBe("There are no groups.\n");
});

test("a group that does not exist is not found, and a wrong rule or id is a wrong usage", async () => {
  const { run, queue, keyId } = await setup();
  const absent = `${queue}~${keyId}~01JDXW5T5Q6M3C9N2V8K4H7R1B`;
  expect((await run(["groups", "get", absent])).code).toBe(5);
  expect((await run(["groups", "get", "nonsense"])).code).toBe(2);
  expect((await run(["groups", "create", "--rule", "most"])).err).toContain("all, any, or a share");
  expect((await run(["groups", "create", "--watch"])).err).toContain("--watch needs --close");
});
