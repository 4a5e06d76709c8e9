import { expect, test } from "vitest";
import { setup, steady } from "./setup.ts";

test("operators list, show, explain, watch and cancel a job of any key", async () => {
  const { run, queue, keyId } = await setup();
  await run(["queues", "pause", queue]);
  const submitted = await run(["submit", "test", "--queue", queue, "--label", "release=42"]);
  const jobId = submitted.out.trim();
  const listed = await run(["jobs", "list", "--queue", queue, "--state", "queued"]);
  expect(steady(listed.out, { [keyId]: "key" })).toBe(`\
JOB                                        STATE   TYPE  PRIORITY  ATTEMPT  SUBMITTED             FINISHED
${steady(jobId, { [keyId]: "key" })}  QUEUED  test  50        0/5      2027-01-31 08:00:00Z
`);
  expect((await run(["jobs", "get", jobId])).out).toContain(`id `);
  expect((await run(["jobs", "explain", jobId])).out).toContain("QUEUE_PAUSED");
  const cancelled = await run(["jobs", "cancel", jobId, "--reason", "the order is void"]);
  expect(cancelled).toMatchObject({ code: 0, out: `${jobId} is cancelled.\n` });
  const watched = await run(["jobs", "watch", jobId]);
  expect(watched).toMatchObject({ code: 1, err: expect.stringContaining("the order is void") });
  expect((await run(["changes", "--limit", "1"])).out).toMatch(/CancelJob +queue|CancelJob/);
  expect(await run(["jobs", "get", `${jobId.slice(0, -3)}000`])).toMatchObject({ code: 5 });
});

test("cancel-all counts in a dry run, and cancels with --yes what matches", async () => {
  const { run, queue, keyId } = await setup();
  await run(["queues", "pause", queue]);
  for (const release of ["42", "42", "43"]) {
    await run(["submit", "test", "--queue", queue, "--label", `release=${release}`]);
  }
  const filter = ["jobs", "cancel-all", "--queue", queue, "--key", keyId, "--label", "release=42"];
  expect(await run(filter)).toMatchObject({ code: 2, err: expect.stringContaining("--dry-run") });
  expect((await run([...filter, "--dry-run"])).out).toBe("2 would be cancelled\n");
  const done = await run([...filter, "--yes", "--reason", "a bad release"]);
  expect(done).toMatchObject({ code: 0, out: "2 cancelled, 0 running and asked to stop\n" });
  const left = await run(["jobs", "list", "--queue", queue, "--state", "queued", "--json"]);
  expect(left.out.trim().split("\n")).toHaveLength(1);
});

test("usage shows what keys have spent, also as comma-separated values", async () => {
  const { run, queue, keyId } = await setup(async ({ addUsage }) => {
    addUsage({ inputTokens: 100, cachedInputTokens: 60, outputTokens: 5, providerCalls: 1 });
    addUsage({ model: 'the "best", =model' });
    return {};
  });
  for (const _ of [1, 2]) await run(["submit", "test", "--queue", queue, "--wait"]);
  const csv = await run(["usage", "--key", keyId, "--by", "key,model", "--csv"]);
  expect(csv.out).toBe(
    [
      "key,model,jobs,attempts,input_tokens,cached_input_tokens,output_tokens,reasoning_tokens,provider_calls,compute_ms",
      `${keyId},"the ""best"", =model",2,2,200,120,10,0,2,0`,
      "",
    ].join("\n"),
  );
  const { out } = await run(["usage", "--key", keyId, "--by", "pool"]);
  expect(out).toMatch(/^POOL +JOBS +ATTEMPTS +IN +CACHED/);
  expect(out).toMatch(/^- +2 +2 +200 +120 +10 +0 +2 +0$/m);
  const none = await run(["usage", "--key", keyId, "--to", "2020-01-01"]);
  expect(none.out).toBe("Nothing was spent.\n");
  expect(await run(["usage", "--by", "hour"])).toMatchObject({ code: 2 });
});

test("spend shows what keys have cost, also as comma-separated values", async () => {
  const { run, queue, keyId } = await setup(async ({ addUsage }) => {
    addUsage({ inputTokens: 1_000, cachedInputTokens: 600, outputTokens: 50, providerCalls: 1 });
    return {};
  });
  const model = ["models", "put", "gpt-5", "--route", "test=x", "--input-price", "1.25"];
  await run([...model, "--cached-input-price", "0.125", "--output-price", "10"]);
  const submit = ["submit", "test", "--queue", queue, "--wait"];
  for (const _ of [1, 2]) await run([...submit, "--model", "gpt-5"]);
  await run(submit);
  const by = ["--by", "model,key,label:team"];
  const csv = await run(["spend", "--key", keyId, "--since", "2d", ...by, "--csv"]);
  expect(csv.out).toBe(
    [
      "key,model,team,attempts,unpriced_attempts,input_tokens,cached_input_tokens,output_tokens,reasoning_tokens,provider_calls,cost_usd",
      `${keyId},,,1,1,1000,600,50,0,1,0`,
      `${keyId},gpt-5,,2,0,2000,1200,100,0,2,0.00215`,
      "",
    ].join("\n"),
  );
  const { out } = await run(["spend", "--key", keyId, "--by", "account"]);
  expect(out).toMatch(/^ACCOUNT +ATTEMPTS +UNPRICED +IN +CACHED/);
  expect(out).toMatch(/^test +2 +0 +2000 +1200 +100 +0 +2 +0\.00215$/m);
  expect((await run(["spend", "--to", "2020-01-01"])).out).toBe("Nothing was spent.\n");
  expect(await run(["spend", "--by", "hour"])).toMatchObject({ code: 2 });
  expect(await run(["spend", "--since", "94d"])).toMatchObject({ code: 2 });
  const both = ["spend", "--since", "7d", "--from", "2027-01-01"];
  expect(await run(both)).toMatchObject({ code: 2 });
});

test("keys show says how much of each limit a key uses now", async () => {
  const { run, queue, keyId } = await setup();
  await run(["keys", "update", keyId, "--requests-per-minute", "1"]);
  expect((await run(["keys", "show", keyId])).out).toContain("It uses nothing now.");
  await run(["submit", "test", "--queue", queue, "--wait"]);
  const { out } = await run(["keys", "show", keyId]);
  expect(steady(out)).toMatch(
    new RegExp(`^${queue} +KEY_REQUESTS +1 +1 +2027-01-31 08:00:00Z$`, "m"),
  );
  expect((await run(["keys", "list"])).out).toMatch(
    new RegExp(`^${keyId} .* 100% KEY_REQUESTS`, "m"),
  );
  expect(await run(["keys", "show", "nobody00"])).toMatchObject({ code: 5 });
});
