import { timestampMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { setup } from "./admin-setup.ts";

const account = "openai/gpt-5";

async function withChanges() {
  const parts = await setup();
  /** The changes so far, newest first. */
  const changes = async () =>
    (await parts.rpc.listChanges({})).changes.map(({ actor, action, subject, detailJson }) => ({
      ...{ actor, action, subject, detail: JSON.parse(detailJson) },
    }));
  return { ...parts, changes };
}

test("records who made every change, what it was, and what was changed", async () => {
  const { rpc, as, changes, clock } = await withChanges();
  const { key, apiKey } = await rpc.createApiKey({ name: "shop", budget: { maxRunning: 1 } });
  const keyId = apiKey?.keyId ?? "";
  const bert = as("bert");
  await bert.updateApiKey({ keyId, name: "market" });
  const rotated = await bert.rotateApiKey({ keyId, grace: { seconds: 60n } });
  await bert.revokeApiKey({ keyId });
  await bert.putQueue({ queue: { name: "mail", maxStalls: 9 } });
  await bert.pauseQueue({ name: "mail" });
  await bert.resumeQueue({ name: "mail" });
  await bert.putProviderAccount({ account: { name: account, tokensPerMinute: 9n } });
  await bert.resetProviderAccount({ name: account });
  await bert.deleteProviderAccount({ name: account });
  await bert.purgeDeadLetters({ filter: { queue: "mail" } });
  for await (const _ of bert.redriveDeadLetters({ filter: { queue: "mail" }, max: 3 }));
  const changeOf = (action: string, subject: string, detail: object) => ({
    ...{ actor: "bert", action, subject, detail },
  });
  expect(await changes()).toEqual([
    changeOf("RedriveDeadLetters", "mail", { filter: { queue: "mail" }, max: 3 }),
    changeOf("PurgeDeadLetters", "mail", { filter: { queue: "mail" } }),
    changeOf("DeleteProviderAccount", account, { name: account }),
    changeOf("ResetProviderAccount", account, { name: account }),
    changeOf("PutProviderAccount", account, { account: { name: account, tokensPerMinute: "9" } }),
    changeOf("ResumeQueue", "mail", { name: "mail" }),
    changeOf("PauseQueue", "mail", { name: "mail" }),
    changeOf("PutQueue", "mail", { queue: { name: "mail", maxStalls: 9 } }),
    changeOf("RevokeApiKey", keyId, { keyId }),
    changeOf("RotateApiKey", keyId, { keyId, grace: "60s" }),
    changeOf("UpdateApiKey", keyId, { keyId, name: "market" }),
    {
      ...changeOf("CreateApiKey", keyId, { name: "shop", budget: { maxRunning: 1 } }),
      actor: "anna",
    },
  ]);
  const { changes: listed } = await rpc.listChanges({});
  expect(timestampMs(listed[0]?.time as never)).toBe(clock.nowMs());
  const everything = JSON.stringify(listed, (_, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
  for (const secret of [key, rotated.key].map((text) => text.split("_")[2] ?? "")) {
    expect(secret).not.toBe("");
    expect(everything).not.toContain(secret);
  }
});

test("records nothing for reads and for refused changes", async () => {
  const { rpc, changes } = await withChanges();
  await rpc.putQueue({ queue: { name: "mail" } });
  const before = await changes();
  await rpc.listApiKeys({});
  await rpc.listQueues({});
  await rpc.listProviderAccounts({});
  await rpc.listDeadLetters({ filter: { queue: "mail" } });
  await rpc.purgeDeadLetters({ filter: { queue: "mail" }, dryRun: true });
  for await (const _ of rpc.redriveDeadLetters({ filter: { queue: "mail" }, dryRun: true }));
  const refused = [
    () => rpc.createApiKey({ name: "" }),
    () => rpc.updateApiKey({ keyId: "nobody", name: "a" }),
    () => rpc.rotateApiKey({ keyId: "nobody" }),
    () => rpc.revokeApiKey({ keyId: "nobody" }),
    () => rpc.putQueue({ queue: { name: "mail", shards: 2 } }),
    () => rpc.pauseQueue({ name: "nowhere" }),
    () => rpc.resumeQueue({ name: "nowhere" }),
    () => rpc.putProviderAccount({ account: { name: "A" } }),
    () => rpc.deleteProviderAccount({ name: account }),
    () => rpc.resetProviderAccount({ name: account }),
    () => rpc.purgeDeadLetters({ filter: { queue: "nowhere" } }),
  ];
  for (const call of refused) await expect(call()).rejects.toThrow();
  expect(await changes()).toEqual(before);
});

test("lists changes in pages of any size, newest first", async () => {
  const { rpc } = await setup();
  for (const name of ["a", "b", "c"]) await rpc.putQueue({ queue: { name } });
  const page = async (pageSize: number, pageToken = "") => {
    const { changes, nextPageToken } = await rpc.listChanges({ pageSize, pageToken });
    return { subjects: changes.map(({ subject }) => subject), nextPageToken };
  };
  const first = await page(2);
  expect(first.subjects).toEqual(["c", "b"]);
  expect(await page(2, first.nextPageToken)).toEqual({ subjects: ["a"], nextPageToken: "" });
  expect(await page(3)).toEqual({ subjects: ["c", "b", "a"], nextPageToken: "" });
  await expect(page(1, "x")).rejects.toMatchObject({ violations: [{ field: "page_token" }] });
  await expect(page(1_001)).rejects.toMatchObject({ violations: [{ field: "page_size" }] });
});
