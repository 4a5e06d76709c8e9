import { defineScript } from "./define-script.ts";
import { asList, asNumber, asText } from "./reply.ts";

export interface ChangeFieldRequest {
  readonly field: string;
  /** An empty value removes the field. */
  readonly value: string;
  /** The value that the field must hold now; empty means that it must be absent. If it is not given, any value will do. */
  readonly before?: string;
  /** Whether the order of changes is noted, so that `readFieldChanges` can read it. Default: false. */
  readonly ordered?: boolean;
}

export interface ChangeFieldOutcome {
  /** How many changes there have been, including this one. */
  readonly version: number;
  readonly wasThere: boolean;
}

/** Returns undefined if the field does not hold `before`. */
export const changeField = defineScript<ChangeFieldRequest, ChangeFieldOutcome | undefined>(
  import.meta.url,
  {
    name: "change_field",
    argv: ["field", "value", "checked", "before", "ordered"],
    encode: ({ field, value, before, ordered = false }) => [
      ...[field, value],
      ...[before === undefined ? "0" : "1", before ?? ""],
      ordered ? "1" : "0",
    ],
    decode: (reply) => {
      const [word, version, wasThere] = asList(reply);
      if (asText(word) === "CHANGED") return undefined;
      return { version: asNumber(version), wasThere: asNumber(wasThere) === 1 };
    },
  },
);
