import {
  clone,
  equals,
  fromJsonString,
  isFieldSet,
  type MessageShape,
  toJsonString,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { OverlapPolicy as EngineOverlap } from "@millrace/engine";
import { OverlapPolicy, type ScheduleSpec, ScheduleSpecSchema } from "@millrace/proto/schedule";

const DEFAULT_CATCH_UP = 1;

const overlaps: Readonly<Record<OverlapPolicy, EngineOverlap>> = {
  [OverlapPolicy.UNSPECIFIED]: "skip",
  [OverlapPolicy.SKIP]: "skip",
  [OverlapPolicy.BUFFER_ONE]: "buffer",
  [OverlapPolicy.ALLOW_ALL]: "allow",
};

export const overlapOf = ({ overlap }: ScheduleSpec): EngineOverlap => overlaps[overlap];

export const catchUpOf = ({ catchUp = DEFAULT_CATCH_UP }: ScheduleSpec): number => catchUp;

/** A schedule's spec as the engine keeps it: it decides nothing by the text. */
export const scheduleDetails = (spec: ScheduleSpec): string =>
  toJsonString(ScheduleSpecSchema, spec);

/** Reads the details that `scheduleDetails` wrote. Throws if another program has written them. */
export const scheduleSpecOf = (details: string): ScheduleSpec =>
  fromJsonString(ScheduleSpecSchema, details, { ignoreUnknownFields: true });

/** As scheduleSpecOf; undefined if another program has written the details. */
export function readableSpec(details: string): ScheduleSpec | undefined {
  try {
    return scheduleSpecOf(details);
  } catch {
    return undefined;
  }
}

/** A stored spec that nobody can read is another one. */
export const sameSpec = (known: ScheduleSpec | undefined, spec: ScheduleSpec): boolean =>
  known !== undefined && equals(ScheduleSpecSchema, known, spec);

/** Whether two specs are due at the same times. */
export const sameTiming = (one: ScheduleSpec, other: ScheduleSpec): boolean =>
  one.timeZone === other.timeZone && timingText(one) === timingText(other);

const timingText = ({ timing }: ScheduleSpec): string =>
  timing.case === "interval" ? String(durationMs(timing.value)) : `cron ${timing.value}`;

/** A spec in which the fields that `changes` sets replace those of `spec`. An interval removes the time zone of a cron expression. */
export function changedSpec(
  spec: ScheduleSpec,
  changes: MessageShape<typeof ScheduleSpecSchema>,
): ScheduleSpec {
  const changed = clone(ScheduleSpecSchema, spec);
  if (changes.timing.case === "interval") changed.timeZone = "";
  const from = reflect(ScheduleSpecSchema, changes);
  const to = reflect(ScheduleSpecSchema, changed);
  for (const field of ScheduleSpecSchema.fields) {
    if (field.name !== "name" && isFieldSet(changes, field)) to.set(field, from.get(field));
  }
  return changed;
}
