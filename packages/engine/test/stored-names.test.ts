/** Checks that every name in a database is in the table of stored names. Only this test sees names that scripts compute. */
import { expect, test } from "vitest";
import { F } from "../src/redis/stored-names.ts";
import { busyShard } from "./garbage/world.ts";

const names = Object.entries(F);
/** The stored names whose names in the table begin with one of `starts`. */
const group = (...starts: string[]) =>
  names.filter(([name]) => starts.some((start) => name.startsWith(start))).map(([, is]) => is);

const GROUPS = [
  "spec_",
  "attempt_",
  "chunk_",
  "meta_",
  "depth_",
  "sorting_",
  "use_",
  "budgets_",
].concat(
  ["governed_", "slice_", "account_", "band_", "class_", "requests_", "tokens_", "day_", "window_"],
  [
    "stored_",
    "families_",
    "budget_",
    "usage_",
    "group_",
    "schedule_",
    "outbox_",
    "subscribers_",
    "models_",
    "home_",
  ],
);
const ofJob: readonly string[] = names
  .filter(
    ([name]) => name === "account_reservation" || !GROUPS.some((start) => name.startsWith(start)),
  )
  .map(([, is]) => is);

const windows = [F.requests_window, F.tokens_window, F.day_window];
const inWindow = (field: string) =>
  windows.some((letter) => field.startsWith(letter) && /^(\d+|[sfl])$/.test(field.slice(1)));
const oneOf = (fields: readonly string[]) => (field: string) => fields.includes(field);
const startOf = (starts: readonly string[]) => (field: string) =>
  starts.some((start) => field.startsWith(start));
/** For hashes whose fields are ids, which no table can list. */
const byId = (counter: string) => (field: string) => field === counter || field.length > 0;

/** The fields that a hash may have, by its key without the shard's base. */
const allowed: readonly (readonly [RegExp, (field: string) => boolean])[] = [
  [/^[a-z-]+~/, oneOf(ofJob)],
  [/^meta$/, oneOf(group("meta_"))],
  [/^mr:depth$/, oneOf(group("depth_"))],
  [/^mr:sorting$/, oneOf(group("sorting_"))],
  [/^mr:bands$/, startOf(group("band_", "class_"))],
  [
    /^mr:use:/,
    (field) =>
      oneOf([F.use_running, F.use_portion, F.use_holds])(field) ||
      field.startsWith(F.use_pool) ||
      inWindow(field),
  ],
  [/^mr:slice:/, (field) => oneOf(group("slice_"))(field) || /^[ce]\d+$/.test(field)],
  [
    /^mr:account$/,
    (field) =>
      startOf(group("account_").filter((name) => name.endsWith(":")))(field) ||
      oneOf(group("account_"))(field) ||
      inWindow(field),
  ],
  [/^mr:group:[^:]+$/, oneOf(group("group_"))],
  [/^mr:schedule:[^:]+$/, oneOf(group("schedule_"))],
  [/^mr:group:[^:]+:children$/, (index) => /^\d+$/.test(index)],
  [/^mr:usage:\d+$/, (field) => /^[a-z0-9]+(\|[^|]*\|.*)?$/.test(field)],
  [/^mr:spend:\d+$/, (field) => /^[a-z0-9]+(\|[^|]*\|[^|]*\|.*)?$/.test(field)],
  [/^mr:(budgets|governed|stored|learned|pace|families|models|spend)$/, byId("*")],
  [/^mr:subscribers$/, byId("#")],
];

test("the table of stored names has every field of a busy database", async () => {
  const { redis, base, accountBase } = await busyShard();
  const unknown: string[] = [];
  let hashes = 0;
  for (const key of await redis.keys("*")) {
    const start = [accountBase, base].find((one) => key.startsWith(one));
    if (start === undefined || (await redis.type(key)) !== "hash") continue;
    hashes += 1;
    const name = key.slice(start.length);
    const rule = allowed.find(([pattern]) => pattern.test(name))?.[1] ?? (() => false);
    const fields = await redis.hkeys(key);
    unknown.push(...fields.filter((field) => !rule(field)).map((field) => `${name} has ${field}`));
  }
  expect(unknown).toEqual([]);
  expect(hashes).toBeGreaterThan(10);
});

test("the table has every member of a stored spec", async () => {
  const { redis, base } = await busyShard();
  const members: readonly string[] = group("spec_");
  for (const key of await redis.keys(`${base.replaceAll(/[[\]{}]/g, "\\$&")}*~*~*`)) {
    if ((await redis.type(key)) !== "hash") continue;
    const spec = JSON.parse((await redis.hget(key, F.spec)) ?? "{}") as object;
    expect(Object.keys(spec).filter((name) => !members.includes(name))).toEqual([]);
  }
});
