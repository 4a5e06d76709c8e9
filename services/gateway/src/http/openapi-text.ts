import { readFileSync } from "node:fs";
import { join } from "node:path";

export const openApiPath = "/v1/openapi.json";

/** The document that describes plain HTTP. `pnpm generate` writes it. */
export const openApiFile = join(import.meta.dirname, "../../openapi.json");

/** Reads the document, and makes it as short as JSON can be. */
export const openApiText = () => ({
  path: openApiPath,
  contentType: "application/json",
  text: JSON.stringify(JSON.parse(readFileSync(openApiFile, "utf8"))),
});
