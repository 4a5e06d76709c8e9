import { methodPath } from "@millrace/grpc";
import { tokenMethods } from "../src/callers/job-token-rights.ts";
import type { Answer, GatewayRoute, RequestBody } from "../src/http/route-description.ts";
import { type Contract, commentOf } from "./contract.ts";
import { given, type JsonSchema } from "./json-schema.ts";
import type { MessageSchemas } from "./message-schemas.ts";
import { parametersOf } from "./parameters.ts";
import { problemsOf } from "./problems.ts";
import { answer } from "./use.ts";

/** Describes one route. Its words are those of its method in the contract. */
export function operationOf(
  route: GatewayRoute,
  contract: Contract,
  schemas: MessageSchemas,
): JsonSchema {
  const { rpc, described } = route;
  const method = contract.method(rpc);
  const description = commentOf(method);
  const answers = Object.entries(described.answers).map(([status, one]) => [
    status,
    answerOf(one, contract, schemas),
  ]);
  return {
    operationId: described.operation ?? rpc.localName,
    tags: [rpc.parent.name.replace(/Service$/, "s")],
    summary: /^.*?[.:](?= |$)/.exec(description)?.[0].slice(0, -1) ?? description,
    description,
    security: securityOf(route),
    ...given({ parameters: parametersOf(route, contract, schemas) }),
    ...(described.body === undefined
      ? {}
      : { requestBody: bodyOf(described.body, contract, schemas) }),
    responses: { ...Object.fromEntries(answers), ...problemsOf(described.reasons ?? []) },
  };
}

function securityOf({ rpc, queryCredential }: GatewayRoute): JsonSchema[] {
  return [
    { apiKey: [] },
    ...(tokenMethods.has(methodPath(rpc)) ? [{ jobToken: [] }] : []),
    ...(queryCredential === undefined ? [] : [{ jobTokenInQuery: [] }]),
  ];
}

function bodyOf(body: RequestBody, contract: Contract, schemas: MessageSchemas): JsonSchema {
  if (body === "bytes") return { required: true, content: { "*/*": { schema: {} } } };
  const { message, without, changes = false, optional = false } = body;
  const schema = schemas.of(contract.message(message), {
    kind: changes ? "changes" : "request",
    ...(without === undefined ? {} : { without }),
  });
  return { required: !optional, content: { "application/json": { schema } } };
}

function answerOf(one: Answer, contract: Contract, schemas: MessageSchemas): JsonSchema {
  const headers = (one.headers ?? []).map((name) => {
    const title = name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
    return [title, { $ref: `#/components/headers/${title}` }];
  });
  return {
    description: one.about,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...contentOf(one, contract, schemas),
  };
}

function contentOf(
  { message, members = [], events, bytes = false }: Answer,
  contract: Contract,
  schemas: MessageSchemas,
): JsonSchema {
  if (bytes) return { content: { "*/*": { schema: {} } } };
  if (events !== undefined) {
    // OpenAPI 3.1 has no words for the events of a stream.
    const data = Object.entries(events).map(([name, desc]) => [
      name,
      schemas.of(contract.message(desc), answer),
    ]);
    const content = { schema: { type: "string" }, "x-events": Object.fromEntries(data) };
    return { content: { "text/event-stream": content } };
  }
  if (message === undefined) return {};
  const whole = schemas.of(contract.message(message), answer);
  const more = members.map((field) => [field.jsonName, schemas.field(field, answer)]);
  const schema =
    more.length === 0
      ? whole
      : {
          allOf: [
            whole,
            {
              type: "object",
              properties: Object.fromEntries(more),
              required: members.map(({ jsonName }) => jsonName),
            },
          ],
        };
  return { content: { "application/json": { schema } } };
}
