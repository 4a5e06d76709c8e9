/**
 * Redis rolls nothing back: a script that throws after its first write has written. Each script is run
 * with garbage in every argument and in every stored field that it reads, and has then done all or
 * nothing; in a batch only the item that the garbage belongs to may differ. Arguments and fields come
 * from the bindings and from watching the scripts, so that a new one is looked at by itself.
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

/** No number, no JSON that cjson reads, what tonumber takes for a number, and what Redis takes for none. */
const garbage = ["x", '{"message":"\\ud83d"}', "nan", "9".repeat(30)];

/** They say how the arguments after them are to be read: without them there are no items. */
const counts = new Set(["chunk_count", "job_count"]);
/** The item of a batch that is damaged. */
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

/** One of each field that a call reads: jobs are all alike, and so are keys of one kind. */
function* fieldsToDamage({ args }: Call, reads: readonly Read[]): Generator<Read> {
  const others = args.flatMap(({ item, value }) =>
    item !== undefined && item !== DAMAGED && value.includes("~") ? [value] : [],
  );
  const seen = new Set<string>();
  for (const read of reads) {
    if (others.some((id) => read.key.includes(id))) continue;
    const kind = `${read.key.replace(/[^:]*~[^:]*/, "id")} ${read.field.replace(/\d+/g, "0")}`;
    if (seen.has(kind)) continue;
    seen.add(kind);
    yield read;
  }
}

/** What belongs together, and is taken as a whole: the corrections of one report. */
const REPORTS = new Set(["exchange_account"]);

interface Expected {
  /** An error is right, too, if nothing was written. */
  readonly mayFail: boolean;
  /** The other items are as if nothing were wrong. */
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
        // Without the arguments of the whole batch there may be no item to be right; and a report is one.
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

/** They change one field of the registry, or a stream, in one command: there is no half of it. */
const ofRegistry = new Set(["append_change", "change_field", "read_time", "replace_field"]);

test.each(scripts.filter((path) => !ofRegistry.has(basename(path))))(
  "%s does all or nothing, whatever it is given and finds",
  async (path) => {
    const shard = await busyShard();
    const { lua, binding } = await boundScript(path);
    const { name } = binding;
    // An account's scripts say so, and work on its own keys.
    const base = lua.includes("base is the account's") ? shard.accountBase : shard.base;
    const inPlace = /^-- RETURNS {2}per /m.test(lua) && name !== "read_dead_letters";
    const wrong: string[] = [];
    for (const args of callsOf(name, binding, shard)) {
      const call: Call = { shard, lua, base, args, isReport: REPORTS.has(name) };
      const others = othersOf(call);
      const jobs = others.map(([, id]) => id);
      // Some leave out what is not there, or reply how many there were.
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
