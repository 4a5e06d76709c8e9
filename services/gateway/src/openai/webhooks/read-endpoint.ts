import { rpcError } from "@millrace/runtime";
import { webhookEventTypes } from "@millrace/shared";
import { type JsonObject, malformed } from "../jobs/read-call.ts";

/** What a caller says of a webhook endpoint. */
export interface EndpointFields {
  readonly name?: string;
  readonly url?: string;
  readonly eventTypes?: readonly string[];
}

function textOf(body: JsonObject, field: string): string | undefined {
  const { [field]: value } = body;
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value !== "") return value;
  throw malformed(field, "must be a text that is not empty");
}

function typesOf({ event_types: types }: JsonObject): readonly string[] | undefined {
  if (types === undefined || types === null) return undefined;
  // No types are all of Millrace's, which nobody expects of an empty list.
  if (!Array.isArray(types) || types.length === 0) {
    throw malformed("event_types", "must name at least one type, such as response.completed");
  }
  for (const type of types) {
    if (typeof type === "string" && webhookEventTypes.includes(type)) continue;
    const known = webhookEventTypes.join(", ");
    throw malformed("event_types", `${JSON.stringify(type)} is not sent here: use ${known}`);
  }
  return [...new Set(types as string[])];
}

/** Reads the fields of an endpoint. Fields that are left out stay as they are. */
export function endpointFields(body: JsonObject): EndpointFields {
  const [name, url, eventTypes] = [textOf(body, "name"), textOf(body, "url"), typesOf(body)];
  return {
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url }),
    ...(eventTypes === undefined ? {} : { eventTypes }),
  };
}

/** Reads the fields of a new endpoint, of which none may be left out. */
export function newEndpointFields(body: JsonObject): Required<EndpointFields> {
  const { name, url, eventTypes } = endpointFields(body);
  if (name === undefined) throw malformed("name", "is required");
  if (url === undefined) throw malformed("url", "is required");
  if (eventTypes === undefined) throw malformed("event_types", "is required");
  return { name, url, eventTypes };
}

const ENDPOINT_ID = /^we_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Throws WEBHOOK_NOT_FOUND for what is no id of an endpoint. */
export function assertEndpointId(id: string): string {
  if (ENDPOINT_ID.test(id)) return id;
  const message = `there is no webhook endpoint ${JSON.stringify(id)}`;
  throw rpcError({ reason: "WEBHOOK_NOT_FOUND", message });
}
