import { type Argument, ITEMS } from "./arguments.ts";
import type { BusyShard } from "./world.ts";

/** A stored text that a script has read: a field of a hash, or a string if `field` is "". */
export interface Read {
  readonly key: string;
  readonly field: string;
}

/** The script with a `redis` that records what the script reads. */
const traced = (lua: string): string => `
local reads, seen = {}, {}
local function note(key, field)
  local name = key .. "\\n" .. field
  if not seen[name] then
    seen[name] = true
    reads[#reads + 1] = key
    reads[#reads + 1] = field
  end
end
local function through(command, key, ...)
  if command == "HGET" or command == "HMGET" then
    for _, field in ipairs({ ... }) do note(key, field) end
  elseif command == "HINCRBY" then
    note(key, (...))
  elseif command == "HGETALL" then
    for _, field in ipairs(redis.call("HKEYS", key)) do note(key, field) end
  elseif command == "GET" or command == "INCR" or command == "INCRBY" then
    note(key, "")
  end
end
local redis = setmetatable({
  call = function(...) through(...) return redis.call(...) end,
  pcall = function(...) through(...) return redis.pcall(...) end,
}, { __index = redis })
local function script()
${lua}
end
script()
return reads`;

export async function readsOf(
  { redis, putBack }: BusyShard,
  lua: string,
  base: string,
  args: readonly Argument[],
): Promise<readonly Read[]> {
  const pipeline = redis.pipeline();
  putBack(pipeline);
  await pipeline.exec();
  const flat = (await redis.eval(
    traced(lua),
    1,
    base,
    ...args.map(({ value }) => value),
  )) as string[];
  return Array.from({ length: flat.length / 2 }, (_, at) => ({
    key: flat[2 * at] ?? "",
    field: String(flat[2 * at + 1] ?? ""),
  }));
}

/** The reply of a call for one of its items. */
export function replyOf(reply: unknown, item: number): unknown {
  const list = reply as unknown[];
  const each = Math.floor(list.length / ITEMS);
  return list.slice(item * each, (item + 1) * each);
}

/** Finds jobs that are stored but not in exactly one place, or in a place but not stored. Also makes a digest of everything that is stored. */
const LOOK = `
local base, places, wrong, all = KEYS[1], {}, {}, {}
local function place(ids)
  for _, id in ipairs(ids) do places[id] = (places[id] or 0) + 1 end
end
local keys = redis.call("KEYS", "*")
table.sort(keys)
for _, key in ipairs(keys) do
  local name = string.sub(key, #base + 1)
  if string.find(name, "^mr:lane:") then place(redis.call("ZRANGE", key, 0, -1)) end
  all[#all + 1] = key .. redis.call("DUMP", key)
end
for _, set in ipairs({ "delayed", "waiting-children", "completed", "failed", "prioritized" }) do
  place(redis.call("ZRANGE", base .. set, 0, -1))
end
place(redis.call("LRANGE", base .. "active", 0, -1))
place(redis.call("LRANGE", base .. "wait", 0, -1))
for _, key in ipairs(keys) do
  local id = string.match(string.sub(key, #base + 1), "^[^:]+~[^:]+~[^:]+$")
  if id and string.sub(key, 1, #base) == base then
    if places[id] ~= 1 then wrong[#wrong + 1] = id .. " is in " .. (places[id] or 0) .. " places" end
    places[id] = nil
  end
end
for id in pairs(places) do wrong[#wrong + 1] = id .. " is not stored" end
table.sort(wrong)
return { redis.sha1hex(table.concat(all)), table.concat(wrong, ", ") }`;

export interface Look {
  readonly digest: string;
  readonly misplaced: string;
}

/** A call of a script, and the damage to the shard before it. */
export interface Trial {
  readonly title: string;
  readonly args: readonly Argument[];
  readonly damage?: readonly [command: "set" | "hset", ...args: string[]];
}

export interface Result {
  readonly before: Look;
  readonly after: Look;
  readonly reply: unknown;
  readonly error: string | undefined;
  /** The stored records of some jobs after the call. */
  readonly jobs: readonly unknown[];
}

/** Runs trials, each in a restored shard. It sends many at once, because there are many. */
export async function* makeTrials(
  { shard, lua, base }: { readonly shard: BusyShard; readonly lua: string; readonly base: string },
  jobs: readonly string[],
  trials: readonly Trial[],
): AsyncGenerator<[Trial, Result]> {
  const { redis } = shard;
  const sha = (await redis.script("LOAD", lua)) as string;
  const look = (await redis.script("LOAD", LOOK)) as string;
  for (let from = 0; from < trials.length; from += AT_ONCE) {
    const some = trials.slice(from, from + AT_ONCE);
    const pipeline = redis.pipeline();
    const starts = some.map(({ args, damage }) => {
      shard.putBack(pipeline);
      if (damage !== undefined) {
        const [command, ...args] = damage;
        pipeline.call(command, ...args);
      }
      const start = pipeline.length;
      pipeline.evalsha(look, 1, shard.base);
      pipeline.evalsha(sha, 1, base, ...args.map(({ value }) => value));
      pipeline.evalsha(look, 1, shard.base);
      for (const id of jobs) pipeline.hgetall(shard.base + id);
      return start;
    });
    const replies = (await pipeline.exec()) ?? [];
    for (const [at, start] of starts.entries()) {
      const [error, reply] = replies[start + 1] ?? [];
      yield [
        some[at] as Trial,
        {
          before: lookOf(replies[start]),
          after: lookOf(replies[start + 2]),
          reply,
          error: error?.message,
          jobs: jobs.map((_, index) => replies[start + 3 + index]?.[1]),
        },
      ];
    }
  }
}

const AT_ONCE = 50;

function lookOf(reply: readonly [Error | null, unknown] | undefined): Look {
  if (reply === undefined || reply[0] !== null) throw reply?.[0] ?? new Error("no look");
  const [digest = "", misplaced = ""] = reply[1] as string[];
  return { digest, misplaced };
}
