// `pnpm generate` runs this. It writes the document that the gateway serves.
import { writeFileSync } from "node:fs";
import { openApiFile } from "../src/http/openapi-text.ts";
import { generatedText } from "./generated-text.ts";

writeFileSync(openApiFile, generatedText());
