import { defineScript } from "./define-script.ts";
import { asList, asNumber, asText } from "./reply.ts";

export interface FieldChange {
  readonly field: string;
  /** What the field holds now. "" means that it was removed. */
  readonly value: string;
}

export interface FieldChanges {
  /** The number of the last change of the hash. */
  readonly version: number;
  /** These are all changes up to this one. */
  readonly reached: number;
  /** Up to this change the order is not known: who has seen no later one may hold fields that do not exist any more. */
  readonly unordered: number;
  /** In their order. */
  readonly changes: readonly FieldChange[];
}

/** Reads up to `count` fields that were changed after change number `after`, the earliest first. */
export const readFieldChanges = defineScript<
  { readonly after: number; readonly count: number },
  FieldChanges
>(import.meta.url, {
  name: "read_field_changes",
  argv: ["after", "count"],
  encode: ({ after, count }) => [after, count],
  decode: (reply) => {
    const [version, reached, unordered, changes] = asList(reply);
    return {
      version: asNumber(version),
      reached: asNumber(reached),
      unordered: asNumber(unordered),
      changes: asList(changes).map((change) => {
        const [field, value] = asList(change);
        return { field: asText(field), value: asText(value) };
      }),
    };
  },
});
