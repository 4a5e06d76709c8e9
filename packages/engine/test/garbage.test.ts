/**
 * Redis does not roll back: if a script throws after its first write, that write stays. Each script is run
 * with garbage in every argument and in every stored field that it reads. It must then do all of its work or
 * nothing. In a batch, only the item with the garbage may differ. The test takes arguments and fields
 * from the bindings and from watching the scripts, so a new script is tested without a change here.
 */
import { basename } from "node:path";
import { expect, test } from "vitest";
import { type Argument, callsOf } from "./garbage/arguments.ts";
import {
  makeTrials,
  type Read,
  type Result,
  readsOf,
  replyOf,
  type Trial,
} from "./garbage/run-script.ts";
import { type BusyShard, busyShard } from "./garbage/world.ts";
import { boundScript, scripts } from "./scripts.ts";

/** Text that is no number, JSON that cjson cannot read, text that only tonumber reads, and a number too large for Redis. */
const garbage = ["x", '{"message":"\\ud83d"}', "nan", "9".repeat(30)];

/** Arguments that say how to read the arguments after them. Without them, there are no items. */
const counts = new Set(["chunk_count", "job_count"]);
/** The item of a batch that the test damages. */
const DAMAGED = 1;

interface Call {
  readonly shard: BusyShard;
  readonly lua: string;
  readonly base: string;
  readonly args: readonly Argument[];
  readonly isReport: boolean;
}

/** The other items of a batch, and the jobs that they name. */
const othersOf = ({ args }: Call): readonly [item: number, id: string][] =>
  args.flatMap(({ name, item, value }) =>
    item !== undefined && item !== DAMAGED && /^(new_)?id$/.test(name)
      ? [[item, value] as [number, string]]
      : [],
  );

/** One field of each kind that a call reads. All jobs are alike, and so are all keys of one kind. */
function* fieldsToDamage({ args }: Call, reads: readonly Read[]): Generator<Read> {
  const others = args.flatMap(({ item, value }) =>
    item !== undefined && item !== DAMAGED ? (value.match(/[a-z-]+~\w+~[\w-]+/g) ?? []) : [],
  );
  const seen = new Set<string>();
  for (const read of reads) {
    // Groups and schedules belong to the key of their jobs.
    const ofOther = (id: string) => {
      const [, key, name = ""] = id.split("~");
      const hasJobs = read.key.includes("mr:group:") || /^[a-z]/.test(name);
      return read.key.includes(id) || (hasJobs && read.key.includes(`~${key}~`));
    };
    if (others.some(ofOther)) continue;
    const kind = `${read.key.replace(/[^:]*~[^:]*/, "id")} ${read.field.replace(/\d+/g, "0")}`;
    if (seen.has(kind)) continue;
    seen.add(kind);
    yield read;
  }
}

/** Scripts whose items belong together and are accepted or refused as a whole: the corrections of one report. */
const REPORTS = new Set(["exchange_account"]);

interface Expected {
  /** An error is also correct, if nothing was written. */
  readonly mayFail: boolean;
  /** The other items must have their usual results. */
  readonly alone: boolean;
}

function trialsOf(call: Call, reads: readonly Read[]): (Trial & Expected)[] {
  const { args, isReport } = call;
  const trials: (Trial & Expected)[] = [];
  for (const [at, { name, item }] of args.entries()) {
    if (item !== undefined && item !== DAMAGED) continue;
    for (const value of garbage) {
      trials.push({
        title: `${name} = ${JSON.stringify(value)}`,
        args: args.map((one, index) => (index === at ? { ...one, value } : one)),
        // If an argument of the whole batch is damaged, no item need be right. A report counts as one item.
        mayFail: item === undefined || counts.has(name) || isReport,
        alone: item !== undefined && !counts.has(name),
      });
    }
  }
  for (const { key, field } of fieldsToDamage(call, reads)) {
    for (const value of garbage) {
      trials.push({
        title: `stored ${key} ${field} = ${JSON.stringify(value)}`,
        args,
        damage: field === "" ? ["set", key, value] : ["hset", key, field, value],
        mayFail: false,
        alone: key.includes("~"),
      });
    }
  }
  return trials;
}

/** Scripts that change one field of the registry, or a stream. What can fail in them comes before their first write. */
const ofRegistry = new Set([
  "add_field",
  "append_change",
  "change_field",
  "declared_accounts",
  "read_time",
  "read_field_changes",
  "read_field_page",
  "replace_field",
]);

test.each(scripts.filter((path) => !ofRegistry.has(basename(path))))(
  "%s does all or nothing, with garbage in any argument or stored field",
  async (path) => {
    const shard = await busyShard();
    const { lua, binding } = await boundScript(path);
    const { name } = binding;
    // The headers of an account's scripts say that base is that of the account.
    const ofAccount = lua.includes("base is that of the account");
    const ofHome = lua.includes("base is that of the key's home");
    const base = ofAccount ? shard.accountBase : ofHome ? shard.homeBase : shard.base;
    const inPlace = /^-- RETURNS {2}per /m.test(lua) && name !== "read_dead_letters";
    const wrong: string[] = [];
    for (const args of callsOf(name, binding, shard)) {
      const call: Call = { shard, lua, base, args, isReport: REPORTS.has(name) };
      const others = othersOf(call);
      const jobs = others.map(([, id]) => id);
      // Some scripts omit items that do not exist, or reply with a number.
      const answers = (reply: unknown) =>
        inPlace ? others.map(([item]) => replyOf(reply, item)) : undefined;
      const outcome = ({ reply, jobs: stored }: Result) => JSON.stringify([answers(reply), stored]);
      let right = "";
      for await (const [, result] of makeTrials(call, jobs, [{ title: "right", args }])) {
        expect(result).toMatchObject({ error: undefined, after: { misplaced: "" } });
        right = outcome(result);
      }
      const reads = await readsOf(shard, lua, base, args);
      for await (const [trial, result] of makeTrials(call, jobs, trialsOf(call, reads))) {
        const { title, mayFail, alone } = trial as Trial & Expected;
        const { before, after, error } = result;
        const say = (what: string) => wrong.push(`${title}: ${what}`);
        if (error !== undefined && before.digest !== after.digest) say(`wrote, and threw ${error}`);
        else if (error !== undefined && !mayFail) say(`threw ${error}`);
        else if (before.misplaced !== after.misplaced) say(`left ${after.misplaced}`);
        else if (error === undefined && alone && outcome(result) !== right)
          say(`the others of its batch: ${outcome(result)}, not ${right}`);
      }
    }
    expect(wrong.map((text) => text.slice(0, 600))).toEqual([]);
  },
  300_000,
);
