import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { JobSpecSchema } from "@millrace/proto/job";
import { z } from "zod";
import type { GatewayRoute, RequestHeader } from "../src/http/route-description.ts";
import { type Contract, commentOf } from "./contract.ts";
import { rulesOf, textRules } from "./field-rules.ts";
import { given, type JsonSchema } from "./json-schema.ts";
import type { MessageSchemas } from "./message-schemas.ts";
import { request } from "./use.ts";

type Parameter = JsonSchema;

/** The parameters of a route: in its address, its query and its headers. */
export function parametersOf(
  route: GatewayRoute,
  contract: Contract,
  schemas: MessageSchemas,
): Parameter[] {
  const message = contract.message(route.described.request ?? route.rpc.input);
  return [
    ...pathParameters(route, message, schemas),
    ...queryParameters(route, message),
    ...(route.described.headers ?? []).map((name) => headerParameter(name, contract)),
  ];
}

function pathParameters(
  { path }: GatewayRoute,
  { fields, typeName }: DescMessage,
  schemas: MessageSchemas,
): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const field = fields.find((one) => one.name.endsWith("_id"));
    if (field === undefined) throw new Error(`${typeName} has no field for {${name}} of ${path}`);
    return {
      ...{ name, in: "path", required: true },
      ...given({ description: commentOf(field) }),
      schema: schemas.field(field, request),
    };
  });
}

function queryParameters({ described }: GatewayRoute, { fields }: DescMessage): Parameter[] {
  const { properties = {}, required = [] } = z.toJSONSchema(z.strictObject(described.query ?? {}), {
    io: "input",
    override({ jsonSchema }) {
      // The format says what the pattern says.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      // What other forms a list of names may have is left out.
      if (jsonSchema.type === "array") delete jsonSchema.anyOf;
    },
  });
  return Object.entries(properties).map(([name, schema]) => {
    const field = fields.find(
      (one) => one.name === described.fields?.[name] || one.jsonName === name,
    );
    const { default: _, ...own } = schema as JsonSchema;
    return {
      ...{ name, in: "query", required: required.includes(name) },
      ...given({ description: field && commentOf(field) }),
      ...(own.type === "array" ? { style: "form", explode: false } : {}),
      schema: { ...own, ...(own.type === "string" ? textRulesOf(field) : {}) },
    };
  });
}

const textRulesOf = (field: DescField | undefined): JsonSchema =>
  field?.fieldKind === "scalar" && field.enum === undefined ? textRules(rulesOf(field)) : {};

function headerParameter(name: RequestHeader, contract: Contract): Parameter {
  if (name === "idempotency-key") {
    const field = contract.message(JobSpecSchema).field.idempotencyKey as DescField;
    const schema = { type: "string", ...textRules(rulesOf(field)) };
    return { ...header("Idempotency-Key", commentOf(field)), schema };
  }
  return headers[name];
}

const header = (name: string, description: string) => ({ name, in: "header", description });

const headers: Readonly<Record<Exclude<RequestHeader, "idempotency-key">, Parameter>> = {
  prefer: {
    ...header("Prefer", "`wait=30` waits up to that many seconds, at most 60 (RFC 7240)."),
    schema: { type: "string" },
    example: "wait=1",
  },
  "last-event-id": {
    ...header(
      "Last-Event-ID",
      "The id of the last event that was received: the answer begins after it. It takes precedence over `from`.",
    ),
    schema: { type: "string", pattern: "^[0-9]{1,20}$" },
  },
  "content-disposition": {
    ...header("Content-Disposition", "The document's name as `filename`, if the query has none."),
    schema: { type: "string" },
    example: 'attachment; filename="a.pdf"',
  },
};
