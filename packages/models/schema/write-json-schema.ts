// `pnpm generate` runs this. It writes deploy/accounts.schema.json for editors.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { accountsFileSchema } from "../src/accounts/account.ts";

const path = join(import.meta.dirname, "../../../deploy/accounts.schema.json");
const schema = z.toJSONSchema(accountsFileSchema, { target: "draft-7", io: "input" });
const titled = { $schema: schema.$schema, title: "Accounts of a Millrace worker", ...schema };
writeFileSync(path, `${JSON.stringify(titled, null, 2)}\n`);
