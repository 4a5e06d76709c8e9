// `pnpm generate` runs this. It writes deploy/config.schema.json for editors.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationSchema } from "@millrace/proto/admin-service";
import { messageWithComments } from "./contract-with-comments.ts";
import { jsonSchemaOf } from "./json-schema.ts";

const path = join(import.meta.dirname, "../../../deploy/config.schema.json");
const schema = jsonSchemaOf(messageWithComments(ConfigurationSchema.typeName));
writeFileSync(path, `${JSON.stringify(schema, null, 2)}\n`);
