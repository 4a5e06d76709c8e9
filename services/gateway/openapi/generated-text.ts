import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@millrace/shared";
import type { GatewayParts } from "../src/gateway-parts.ts";
import { gatewayRoutes } from "../src/http/routes.ts";
import { readContract } from "./contract.ts";
import { openApiOf } from "./document.ts";

/** No route handles a call here, so the routes need no parts. */
const noParts = {} as GatewayParts;

/** Returns the text of the OpenAPI document. */
export function generatedText(): string {
  const manifest = join(import.meta.dirname, "../../../package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  const routes = gatewayRoutes(noParts, systemClock);
  return `${JSON.stringify(openApiOf(routes, readContract(), version), null, 2)}\n`;
}
