// Calls of a real gateway. Each answer is held against the document that this gateway serves.
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { strictDocument } from "./strict-document.ts";

interface Answer {
  readonly content?: Readonly<Record<string, { readonly "x-events"?: object }>>;
  readonly $ref?: string;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Answer>>;
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Answer>> };
}

const ID = "openapi";

/** The place of a part of the document. */
const at = (...steps: readonly string[]): string =>
  `#${steps.map((step) => `/${encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("")}`;

export interface DescribedAnswer {
  readonly operation: string;
  readonly status: number;
  readonly headers: Headers;
  /** The JSON of the answer, or the data of its events. */
  readonly json: unknown;
}

/** Returns a function that makes a call and throws unless its answer is described. It remembers which answers came. */
export function describedCalls(document: OpenApi, url: string) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(strictDocument(document), ID);
  const seen = new Set<string>();

  const assertFits = (place: string, value: unknown, what: string) => {
    const validate = ajv.getSchema(`${ID}${place}`);
    if (validate === undefined) throw new Error(`${what}: the document has nothing at ${place}`);
    if (validate(value) === true) return;
    throw new Error(`${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
  };

  /** Where the document describes the answers of a call. */
  const operationOf = (method: string, path: string) => {
    const templates = Object.keys(document.paths).filter((template) => fits(template, path));
    // `{id}:close` also fits `{id}`.
    const template = templates.sort((a, b) => b.length - a.length)[0] ?? "";
    const operation = document.paths[template]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`the document has no ${method} ${path}`);
    return { template, operation };
  };

  const call = async (
    method: string,
    address: string,
    init: RequestInit = {},
  ): Promise<DescribedAnswer> => {
    const { template, operation } = operationOf(method, address.split("?")[0] ?? "");
    const response = await fetch(url + address, { ...init, method });
    const { status, headers } = response;
    const what = `${operation.operationId} ${status}`;
    const own = operation.responses[status];
    if (own === undefined) throw new Error(`${what} is not described: ${await response.text()}`);
    const shared = own.$ref?.split("/").at(-1);
    const answer = shared === undefined ? own : document.components.responses[shared];
    const place =
      shared === undefined
        ? ["paths", template, method.toLowerCase(), "responses", String(status)]
        : ["components", "responses", shared];
    const type = (headers.get("content-type") ?? "").split(";")[0] ?? "";
    const described = Object.keys(answer?.content ?? {});
    const body = Buffer.from(await response.arrayBuffer()).toString();
    seen.add(`${operation.operationId} ${status < 400 ? "succeeds" : "fails"}`);
    if (described.length === 0 && body === "")
      return { operation: operation.operationId, status, headers, json: undefined };
    const media = described.find((one) => one === type || one === "*/*");
    if (media === undefined) throw new Error(`${what}: the content type ${type} is not described`);
    const inContent = [...place, "content", media];
    if (media === "text/event-stream") {
      const json = eventsOf(body).map(({ event = "", data }) => {
        const value: unknown = JSON.parse(data);
        assertFits(at(...inContent, "x-events", event), value, `${what} ${event}`);
        return { event, data: value };
      });
      return { operation: operation.operationId, status, headers, json };
    }
    const json: unknown = media === "*/*" ? body : JSON.parse(body);
    assertFits(at(...inContent, "schema"), json, what);
    return { operation: operation.operationId, status, headers, json };
  };
  return { call, seen };
}

function fits(template: string, path: string): boolean {
  const pattern = template.replaceAll(/[.:]/g, "\\$&").replaceAll(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${pattern}$`).test(path);
}

function eventsOf(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => events.push(event) }).feed(text);
  return events;
}
