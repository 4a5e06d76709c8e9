import { payloads } from "@millrace/job-types";
import { z } from "zod";
import { openApiPath } from "../src/http/openapi-text.ts";
import { queryJobToken } from "../src/http/query-job-token.ts";
import type { GatewayRoute } from "../src/http/route-description.ts";
import type { Contract } from "./contract.ts";
import type { JsonSchema } from "./json-schema.ts";
import { MessageSchemas } from "./message-schemas.ts";
import { operationOf } from "./operation.ts";
import { payloadName } from "./plain-json.ts";
import { commonProblems, problemSchema } from "./problems.ts";

/** Describes plain HTTP in OpenAPI 3.1. Messages, rules and comments come from the contract. */
export function openApiOf(
  routes: readonly GatewayRoute[],
  contract: Contract,
  version: string,
): JsonSchema {
  const schemas = new MessageSchemas();
  schemas.add("Problem", problemSchema);
  for (const [type, schema] of Object.entries(payloads)) {
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
    schemas.add(payloadName(type), {
      ...json,
      description: `The payload of a job of type "${type}". Worker programs of your own may take others.`,
    });
  }
  const paths: Record<string, Record<string, JsonSchema>> = {
    [openApiPath]: { get: ownOperation },
  };
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(route, contract, schemas),
    };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Millrace",
      description:
        "A job queue for AI work, over plain HTTP. HEAD is served wherever GET is. Unknown members of requests are refused; " +
        "answers may get new members. Each schema also takes what proto3 JSON takes besides it: names with underscores, " +
        "enums by number, and numbers in quotes.",
      version,
      license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: { schemas: schemas.all(), responses: commonProblems, headers, securitySchemes },
  };
}

const ownOperation: JsonSchema = {
  operationId: "getOpenApi",
  tags: ["Description"],
  summary: "Returns this document",
  description:
    "Returns this document. It needs no credential: it describes every installation of this version alike.",
  security: [],
  responses: {
    200: {
      description: "The document.",
      headers: { ETag: { $ref: "#/components/headers/ETag" } },
      content: { "application/json": { schema: { type: "object" } } },
    },
    304: {
      description: "The document has not changed since the answer that `If-None-Match` names.",
    },
  },
};

const text = (description: string): JsonSchema => ({ description, schema: { type: "string" } });

const headers: JsonSchema = {
  "Content-Disposition": text("The document's name."),
  ETag: text("Names this version of the answer."),
  Location: text("The address of what the call made."),
  "Preference-Applied": text("The longest wait that the gateway applied."),
  "Retry-After": {
    description: "How long to wait before the next call, in seconds.",
    schema: { type: "integer", minimum: 1 },
  },
};

const securitySchemes: JsonSchema = {
  apiKey: { type: "http", scheme: "bearer", description: "An API key, `mr_…`." },
  jobToken: {
    type: "http",
    scheme: "bearer",
    description: "A token for one job, made by createJobToken.",
  },
  jobTokenInQuery: {
    ...{ type: "apiKey", in: "query", name: queryJobToken.parameter },
    description: "A token for one job, for callers that cannot set a header.",
  },
};
