import { z } from "zod";
import { accountsFileSchema } from "../src/accounts/account.ts";

/** Returns the JSON Schema (draft 7) of an accounts file. It cannot express rules between fields, and ranges of durations. */
export function accountsJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(accountsFileSchema, {
    ...{ target: "draft-7", io: "input" },
  });
  return { $schema, title: "Accounts of a Millrace worker", ...schema };
}
