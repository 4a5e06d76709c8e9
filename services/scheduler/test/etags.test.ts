import { create } from "@bufbuild/protobuf";
import { UpdateApiKeyRequestSchema } from "@millrace/proto/admin-service";
import { expect, test } from "vitest";
import { updateApiKey } from "../src/handlers/admin/update-api-key.ts";
import { setup } from "./admin-setup.ts";

type Parts = Awaited<ReturnType<typeof setup>>;

/** A thing that two operators may read, change and write back: two of its limits, and its current state. */
interface Shared {
  /** Changes one limit of what was read, if nothing else was changed meanwhile. */
  readonly write: (by: "anna" | "bert", limit: number, etag: string) => Promise<unknown>;
  readonly read: () => Promise<{ readonly etag: string; readonly limit: number | undefined }>;
}

const shared: readonly [string, (parts: Parts) => Promise<Shared>][] = [
  [
    "an API key",
    async ({ as, rpc, newKey }) => {
      const { keyId } = await newKey();
      return {
        write: (by, maxRunning, etag) =>
          as(by).updateApiKey({ keyId, budget: { maxRunning }, etag }),
        read: async () => {
          const [key] = (await rpc.listApiKeys({})).apiKeys;
          return { etag: key?.etag ?? "", limit: key?.budget?.maxRunning };
        },
      };
    },
  ],
  [
    "a queue",
    async ({ as, rpc }) => {
      await rpc.putQueue({ queue: { name: "mail", shards: 2 } });
      return {
        write: (by, maxStalls, etag) =>
          as(by).putQueue({ queue: { name: "mail", maxStalls }, etag }),
        read: async () => {
          const [queue] = (await rpc.listQueues({})).queues;
          expect(queue?.queue?.shards).toBe(2);
          return { etag: queue?.etag ?? "", limit: queue?.queue?.maxStalls };
        },
      };
    },
  ],
  [
    "a provider account",
    async ({ as, rpc }) => {
      await rpc.putProviderAccount({ account: { name: "acc" } });
      return {
        write: (by, maxRunning, etag) =>
          as(by).putProviderAccount({ account: { name: "acc", maxRunning }, etag }),
        read: async () => {
          const [status] = (await rpc.listProviderAccounts({})).accounts;
          return { etag: status?.etag ?? "", limit: status?.account?.maxRunning };
        },
      };
    },
  ],
];

const stale = { reason: "CHANGED_MEANWHILE" };

test.each(shared)("does not overwrite %s that another operator has changed", async (_, open) => {
  const parts = await setup();
  const { read, write } = await open(parts);
  const { etag } = await read();
  await write("bert", 5, etag);
  const changes = (await parts.rpc.listChanges({})).changes.length;
  await expect(write("anna", 7, etag)).rejects.toMatchObject(stale);
  expect((await read()).limit).toBe(5);
  expect((await parts.rpc.listChanges({})).changes).toHaveLength(changes);
  await write("anna", 7, (await read()).etag);
  expect((await read()).limit).toBe(7);
  // Without an etag, the change is made in any case.
  await write("anna", 8, "");
  expect((await read()).limit).toBe(8);
});

test.each(shared)("makes one of two changes of %s that arrive together", async (_, open) => {
  const { read, write } = await open(await setup());
  for (let round = 0; round < 10; round += 1) {
    const { etag } = await read();
    const limits = [2 * round + 10, 2 * round + 11];
    const [anna, bert] = await Promise.allSettled([
      write("anna", limits[0] ?? 0, etag),
      write("bert", limits[1] ?? 0, etag),
    ]);
    expect([anna.status, bert.status].sort()).toEqual(["fulfilled", "rejected"]);
    const refused = anna.status === "rejected" ? anna : bert;
    expect(refused).toMatchObject({ reason: stale });
    expect((await read()).limit).toBe(limits[anna.status === "fulfilled" ? 0 : 1]);
  }
});

test("gives a key the name that was not refused, if two are sent together", async () => {
  const { as, rpc, newKey } = await setup();
  const { keyId } = await newKey();
  for (let round = 0; round < 10; round += 1) {
    const [key] = (await rpc.listApiKeys({})).apiKeys;
    const etag = key?.etag ?? "";
    const names = [`anna ${round}`, `bert ${round}`];
    const [anna, bert] = await Promise.allSettled([
      as("anna").updateApiKey({ keyId, name: names[0] ?? "", budget: { maxRunning: 1 }, etag }),
      as("bert").updateApiKey({ keyId, name: names[1] ?? "", etag }),
    ]);
    expect([anna.status, bert.status].sort()).toEqual(["fulfilled", "rejected"]);
    const [after] = (await rpc.listApiKeys({})).apiKeys;
    expect(after?.name).toBe(names[anna.status === "fulfilled" ? 0 : 1]);
    if (anna.status === "rejected") expect(after?.budget).toEqual(key?.budget);
    await rpc.updateApiKey({ keyId, budget: { maxRunning: 2 } });
  }
});

test("does not change a name if the budget was changed meanwhile", async () => {
  const { rpc, engine, newKey } = await setup();
  const { keyId } = await newKey("shop");
  const [key] = (await rpc.listApiKeys({})).apiKeys;
  const { apiKeys, keyBudgets } = engine;
  const update = updateApiKey(
    {
      apiKeys,
      keyBudgets: {
        ...keyBudgets,
        // Another operator is faster by that much.
        async replace(id, before, budget) {
          await keyBudgets.set(id, { maxRunning: 9 });
          return keyBudgets.replace(id, before, budget);
        },
      },
    },
    (_, make) => make(),
  );
  const request = { keyId, name: "market", budget: { maxRunning: 5 }, etag: key?.etag ?? "" };
  await expect(
    update(create(UpdateApiKeyRequestSchema, request), { identity: "anna" } as never),
  ).rejects.toMatchObject(stale);
  expect((await rpc.listApiKeys({})).apiKeys).toMatchObject([
    { name: "shop", budget: { maxRunning: 9 } },
  ]);
});

test("creates for one of two operators what both create at once", async () => {
  const { as, rpc } = await setup();
  const made = await Promise.allSettled([
    as("anna").putQueue({ queue: { name: "mail", maxStalls: 4 }, etag: "none" }),
    as("bert").putQueue({ queue: { name: "mail", maxStalls: 5 }, etag: "none" }),
    as("anna").putProviderAccount({ account: { name: "acc", maxRunning: 4 }, etag: "none" }),
    as("bert").putProviderAccount({ account: { name: "acc", maxRunning: 5 }, etag: "none" }),
  ]);
  expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  for (const one of made) if (one.status === "rejected") expect(one.reason).toMatchObject(stale);
  const account = { name: "other" };
  await expect(rpc.putProviderAccount({ account, etag: "gone" })).rejects.toMatchObject(stale);
});

test("keeps the etag when a secret or an account's state changes", async () => {
  const { rpc, engine, newKey } = await setup();
  const { keyId } = await newKey();
  const keyEtag = async () => (await rpc.listApiKeys({})).apiKeys[0]?.etag;
  const before = await keyEtag();
  await rpc.rotateApiKey({ keyId });
  expect(await keyEtag()).toBe(before);
  const { account } = await rpc.putProviderAccount({ account: { name: "acc" } });
  await engine.providerAccounts.report("acc", { kind: "refused", askedMs: 5_000 });
  expect((await rpc.listProviderAccounts({})).accounts[0]?.etag).toBe(account?.etag);
});
