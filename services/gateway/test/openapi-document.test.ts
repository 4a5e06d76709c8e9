import { readFileSync } from "node:fs";
import { systemClock } from "@millrace/shared";
import { expect, test } from "vitest";
import { generatedText } from "../openapi/generated-text.ts";
import type { GatewayParts } from "../src/gateway-parts.ts";
import { openApiFile, openApiPath } from "../src/http/openapi-text.ts";
import { gatewayRoutes } from "../src/http/routes.ts";

const document = JSON.parse(readFileSync(openApiFile, "utf8")) as {
  readonly paths: Record<string, Record<string, { readonly operationId: string }>>;
};

test("openapi.json is what the routes and the contract say", () => {
  expect(readFileSync(openApiFile, "utf8") === generatedText(), "run `pnpm generate`").toBe(true);
});

test("it has every route of the gateway, its own address, and nothing else", () => {
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = gatewayRoutes({} as GatewayParts, systemClock);
  const served = routes.map(({ method, path }) => `${method} ${path}`);
  expect(described.sort()).toEqual([...served, `GET ${openApiPath}`].sort());
});

test("each operation has a name of its own", () => {
  const names = Object.values(document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  expect(new Set(names).size).toBe(names.length);
});
