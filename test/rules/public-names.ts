/** Collects every public name: of the packages, the contract, Redis keys, metrics and the command line. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DescMessage } from "@bufbuild/protobuf";
import { millraceProgram } from "@millrace/cli/program";
import { JobFilterSchema } from "@millrace/proto/admin-job";
import { ModelSchema } from "@millrace/proto/admin-model";
import { AdminService } from "@millrace/proto/admin-service";
import { UsageRowSchema } from "@millrace/proto/admin-usage";
import { DocumentService } from "@millrace/proto/document-service";
import { GroupSchema } from "@millrace/proto/group";
import { GroupService } from "@millrace/proto/group-service";
import { JobSchema } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { ScheduleSchema } from "@millrace/proto/schedule";
import { ScheduleService } from "@millrace/proto/schedule-service";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { SpendRowSchema } from "@millrace/proto/spend";
import { WebhookEndpointSchema } from "@millrace/proto/webhook-endpoint";
import { WebhookService } from "@millrace/proto/webhook-service";
import { WorkerService } from "@millrace/proto/worker-service";
import { systemClock as clock } from "@millrace/shared";
import { attributeNames, metricNames, spanNames } from "@millrace/telemetry";

const root = join(import.meta.dirname, "../..");

export type Place = "proto" | "TypeScript" | "Redis" | "metric" | "command";
export type PublicNames = Readonly<Record<Place, ReadonlySet<string>>>;

export const publicNames = (): PublicNames => ({
  proto: new Set(protoNames()),
  TypeScript: new Set(globSync("packages/*/src/index.ts", { cwd: root }).flatMap(exportsOf)),
  Redis: new Set(redisNames()),
  metric: new Set(
    [metricNames, attributeNames, spanNames].flatMap((names) => Object.values(names)),
  ),
  command: new Set(commandNames()),
});

/** Names of messages, fields, enums, enum values, services and methods. */
function protoNames(): string[] {
  const services = [
    ...[AdminService, DocumentService, GroupService, JobService],
    ...[ScheduleService, SchedulerService, WebhookService, WorkerService],
  ];
  const others = [JobSchema, GroupSchema, JobFilterSchema, ModelSchema, UsageRowSchema];
  const more = [ScheduleSchema, SpendRowSchema, WebhookEndpointSchema];
  const files = new Set([...others, ...more, ...services].map(({ file }) => file));
  const ofMessage = (desc: DescMessage): string[] => [
    desc.name,
    ...desc.fields.map(({ name }) => `${desc.name}.${name}`),
    ...desc.nestedMessages.flatMap(ofMessage),
  ];
  return [...files].flatMap((file) => [
    ...file.messages.flatMap(ofMessage),
    ...file.enums.flatMap(({ name, values }) => [name, ...values.map((value) => value.name)]),
    ...file.services.flatMap(({ name, methods }) => [name, ...methods.map((one) => one.name)]),
  ]);
}

/** Returns what a file exports, itself and from files in its folder. */
function exportsOf(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  const own = [
    ...text.matchAll(
      /^export (?:async )?(?:abstract )?(?:const|function\*?|class|interface|type|enum) (\w+)/gm,
    ),
  ].map(([, name]) => String(name));
  const passed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names]) =>
    String(names)
      .split(",")
      .map(
        (name) =>
          name
            .trim()
            .replace(/^type /, "")
            .split(" as ")
            .at(-1) ?? "",
      )
      .filter((name) => name !== ""),
  );
  const whole = [...text.matchAll(/^export (?:type )?\* from "(\.[^"]+)"/gm)].flatMap(([, other]) =>
    exportsOf(join(dirname(path), String(other))),
  );
  return [...own, ...passed, ...whole];
}

/** Returns the parts of Redis keys, from the one file that makes keys. */
function redisNames(): string[] {
  const [path] = globSync("packages/engine/src/**/keys.ts", { cwd: root });
  const text = readFileSync(join(root, String(path)), "utf8");
  return [...text.matchAll(/"?(mr:[a-z:-]+)/g)].map(([, name]) => String(name).replace(/:$/, ""));
}

/** Returns the commands, each with its parent commands, and the flags. */
function commandNames(): string[] {
  const program = millraceProgram({
    env: {},
    out: { write: () => true },
    err: { write: () => true },
    clock,
    interrupted: new AbortController().signal,
  });
  type Command = typeof program;
  const below = (command: Command, before: string): string[] =>
    command.commands.flatMap((one) => {
      const name = `${before}${one.name()}`;
      return [name, ...one.options.map(({ long }) => String(long)), ...below(one, `${name} `)];
    });
  return below(program, "");
}

/** Splits a name into words. `SubmitStreamJob.job_spec` has five words, and a plural counts as its singular. */
export const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.toLowerCase().replace(/(?<=[a-z]{3})s$/, ""))
    .filter((word) => word !== "");
