// `pnpm generate` runs this. It writes deploy/accounts.schema.json for editors.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { accountsJsonSchema } from "./json-schema.ts";

const path = join(import.meta.dirname, "../../../deploy/accounts.schema.json");
writeFileSync(path, `${JSON.stringify(accountsJsonSchema(), null, 2)}\n`);
