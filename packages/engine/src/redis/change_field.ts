import { defineScript } from "./define-script.ts";
import { asList, asNumber, asText } from "./reply.ts";

export interface ChangeFieldRequest {
  readonly field: string;
  /** Empty: the field is removed. */
  readonly value: string;
  /** What it must hold for that; empty: nothing. Left out: anything. */
  readonly before?: string;
}

export interface ChangeFieldOutcome {
  /** How many changes there have been, this one included. */
  readonly version: number;
  readonly wasThere: boolean;
}

/** Undefined: it holds something else. */
export const changeField = defineScript<ChangeFieldRequest, ChangeFieldOutcome | undefined>(
  import.meta.url,
  {
    name: "change_field",
    argv: ["field", "value", "checked", "before"],
    encode: ({ field, value, before }) => [
      ...[field, value],
      ...[before === undefined ? "0" : "1", before ?? ""],
    ],
    decode: (reply) => {
      const [word, version, wasThere] = asList(reply);
      if (asText(word) === "CHANGED") return undefined;
      return { version: asNumber(version), wasThere: asNumber(wasThere) === 1 };
    },
  },
);
