import { defineScript } from "../../define-script.ts";
import { asList, asNumber } from "../../reply.ts";

export interface ChangeFieldRequest {
  readonly field: string;
  /** Empty: the field is removed. */
  readonly value: string;
}

export interface ChangeFieldOutcome {
  /** How many changes there have been, this one included. */
  readonly version: number;
  readonly wasThere: boolean;
}

export const changeField = defineScript<ChangeFieldRequest, ChangeFieldOutcome>({
  name: "registry/change_field",
  argv: ["field", "value"],
  encode: ({ field, value }) => [field, value],
  decode: (reply) => {
    const [version, wasThere] = asList(reply);
    return { version: asNumber(version), wasThere: asNumber(wasThere) === 1 };
  },
});
