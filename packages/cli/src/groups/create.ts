import type { GroupRule, Millrace, NewGroup } from "@millrace/client";
import { GroupSpecSchema } from "@millrace/proto/group";
import { type Command, InvalidArgumentError } from "commander";
import { type CallbackOptions, callbackOf, callbackOptions } from "../callback-options.ts";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { fieldNumber } from "../field-numbers.ts";
import { given } from "../given.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { jsonObject, labels, time } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { childLinesHelp, childrenIn } from "./child-lines.ts";
import { followGroup } from "./follow-group.ts";
import { assertAccepted, outcomeJson } from "./report-children.ts";

interface Options extends CallerOptions, CallbackOptions {
  readonly queue: string;
  readonly rule?: GroupRule;
  readonly finalizer?: string;
  readonly finalizerPayload?: object;
  readonly maxInFlight?: number;
  readonly deadline?: Date;
  readonly priority?: number;
  readonly keepSiblings?: boolean;
  readonly label?: Readonly<Record<string, string>>;
  readonly jobs?: string;
  readonly type?: string;
  readonly close?: boolean;
  readonly watch?: boolean;
}

export function createGroupCommand(groups: Command, shell: Shell): void {
  const command = groups
    .command("create")
    .summary("create a group, with its finalizer and children")
    .description("Creates a group and prints its id. Its children may be given at once or later.")
    .option("--queue <name>", "the queue of the group and of its jobs", "documents")
    .option(
      "--rule <rule>",
      "when it succeeds: all, any, or a share such as 80%; default all",
      rule,
    )
    .option("--finalizer <type>", "the type of the job that runs when the group has succeeded")
    .option(
      "--finalizer-payload <json>",
      "its input: a JSON object, @FILE with one, or @- for standard input",
      jsonObject,
    )
    .option(
      "--max-in-flight <count>",
      "the most children that wait or run at once",
      fieldNumber(GroupSpecSchema.field.maxInFlight),
    )
    .option("--deadline <time>", "the latest finish; default: in 7 days", time(shell.clock))
    .option(
      "--priority <1-100>",
      "of children and a finalizer that name none",
      fieldNumber(GroupSpecSchema.field.priority),
    )
    .option("--keep-siblings", "let children go on when the group is decided before they end")
    .option("--label <name=value>", "a label of the group; may be repeated", labels)
    .option("--jobs <file>", "the children; - for standard input")
    .option("--type <type>", "the type of the children: each line is then a payload")
    .option("--close", "no more jobs will join")
    .option("--watch", "follow the group to its end; needs --close")
    .action((options: Options) => {
      if (options.watch && !options.close) {
        throw new Failure(
          exitCodes.usage,
          "--watch needs --close: a group that is open does not end.",
        );
      }
      return withMillrace(shell, options, (millrace) => create(shell, millrace, options));
    })
    .addHelpText(
      "after",
      `${childLinesHelp}

Examples:
  $ millrace groups create --finalizer report --jobs children.jsonl --close --watch
  $ id=$(millrace groups create --rule 80% --max-in-flight 20)`,
    );
  callerOptions(callbackOptions(command, "group"));
}

async function create(shell: Shell, millrace: Millrace, options: Options): Promise<void> {
  const { jobs, type, close = false, watch = false, json = false } = options;
  const children = jobs === undefined ? [] : childrenIn(jobs, type);
  const group = await millrace.createGroup(newGroup(options), children, {
    close,
    signal: shell.interrupted,
  });
  const { id, outcomes } = group;
  if (watch) note(shell, id);
  else if (json) writeJson(shell, { id, results: outcomes.map(outcomeJson) });
  else writeText(shell, id);
  assertAccepted(shell, outcomes);
  if (watch) await followGroup(shell, group, json);
}

function newGroup(options: Options): NewGroup {
  const { queue, rule: wanted, finalizer: type, finalizerPayload: payload } = options;
  const { maxInFlight, deadline, priority, keepSiblings } = options;
  if (type === undefined && payload !== undefined) {
    throw new Failure(exitCodes.usage, "--finalizer-payload needs --finalizer, the job's type.");
  }
  const finalizer = type === undefined ? undefined : { type, ...given({ payload }) };
  return {
    queue,
    ...given({ rule: wanted, finalizer, maxInFlight, deadline, priority, keepSiblings }),
    ...given({ labels: options.label, callback: callbackOf(options) }),
  };
}

function rule(text: string): GroupRule {
  if (text === "all" || text === "any") return text;
  const percent = /^(\d{1,3})%$/.exec(text)?.[1];
  if (percent !== undefined) return { atLeastPercent: Number(percent) };
  throw new InvalidArgumentError("It must be all, any, or a share of the children such as 80%.");
}
