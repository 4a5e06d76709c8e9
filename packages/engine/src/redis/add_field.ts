import { defineScript } from "./define-script.ts";
import { asText } from "./reply.ts";

/** Sets a field of a hash, unless it is there. Returns what it holds then. */
export const addField = defineScript<{ readonly field: string; readonly value: string }, string>(
  import.meta.url,
  {
    name: "add_field",
    argv: ["field", "value"],
    encode: ({ field, value }) => [field, value],
    decode: asText,
  },
);
