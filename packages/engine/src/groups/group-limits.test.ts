import { expect, test } from "vitest";
import { grouped } from "../../test/grouped.ts";
import { lease, queue } from "../../test/setup.ts";
import { shardAt } from "../redis/keys.ts";
import { F } from "../redis/stored-names.ts";

const MOST_CHILDREN = 100_000;
const INLINE_BYTES = 65_536;

test("a group takes 100,000 children, and refuses one more", async () => {
  const { engine, redis, rootPrefix, job, create, group } = await grouped({}, { audited: false });
  const id = await create();
  const { base } = shardAt(rootPrefix, queue, 0);
  await redis.hset(`${base}mr:group:${id}`, F.group_total, MOST_CHILDREN - 1);
  const outcomes = await engine.submit([
    job("aaaa", { group: { id } }),
    job("aaaa", { group: { id } }),
  ]);
  expect(outcomes).toMatchObject([
    { kind: "accepted" },
    { kind: "groupFull", limit: MOST_CHILDREN },
  ]);
  expect(await group(id)).toMatchObject({ total: MOST_CHILDREN });
});

test("a group keeps results of up to 64 KiB, and longer ones stay with their jobs alone", async () => {
  const { engine, create, join, group } = await grouped();
  const id = await create();
  const children = await join(id, 2);
  const leases = await lease(engine, 2);
  const results = [INLINE_BYTES, INLINE_BYTES + 1].map((bytes) => `"${"r".repeat(bytes - 2)}"`);
  await engine.settle(
    leases.map((one, at) => ({ ...one, kind: "complete", resultJson: results[at] as string })),
  );
  expect(await group(id)).toMatchObject({ succeeded: 2 });
  const read = await engine.listGroupChildren(id, 0, 10);
  expect(read?.children.map(({ resultJson }) => resultJson?.length)).toEqual([
    INLINE_BYTES,
    undefined,
  ]);
  const jobs = await engine.getJobs(children);
  expect(jobs.map((one) => one?.resultJson?.length)).toEqual([INLINE_BYTES, INLINE_BYTES + 1]);
});
