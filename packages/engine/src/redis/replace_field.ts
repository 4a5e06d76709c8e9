import { defineScript } from "./define-script.ts";
import { asList, asText } from "./reply.ts";

export interface ReplaceFieldRequest {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** Returns whether the field was replaced. */
export const replaceField = defineScript<ReplaceFieldRequest, boolean>(import.meta.url, {
  name: "replace_field",
  argv: ["field", "before", "after"],
  encode: ({ field, before, after }) => [field, before, after],
  decode: (reply) => asText(asList(reply)[0]) === "OK",
});
