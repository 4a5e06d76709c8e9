type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Returns the document with messages that have no members but those described. The document itself allows more, because clients
 * must accept members that a later version adds; an answer of this version must not have any.
 */
export function strictDocument(document: object): object {
  const schemas = (document as { components: { schemas: Members } }).components.schemas;
  return closed(document, schemas) as object;
}

function closed(value: unknown, schemas: Members): unknown {
  if (Array.isArray(value)) return value.map((one) => closed(one, schemas));
  if (!isObject(value)) return value;
  const { allOf } = value;
  if (Array.isArray(allOf) && isObject(allOf[0]) && typeof allOf[0].$ref === "string") {
    return closed(joined(allOf as Members[], schemas), schemas);
  }
  const members = Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, closed(one, schemas)]),
  );
  const isMessage = members.type === "object" && isObject(members.properties);
  return isMessage ? { additionalProperties: false, ...members } : members;
}

/** Joins the parts of a schema to one. Only as a whole can it be closed. */
function joined(parts: readonly Members[], schemas: Members): Members {
  const whole = parts.map((part) =>
    typeof part.$ref === "string" ? (schemas[part.$ref.split("/").at(-1) ?? ""] as Members) : part,
  );
  const properties = whole.map((part) => part.properties as Members);
  return {
    type: "object",
    properties: Object.assign({}, ...properties),
    required: whole.flatMap((part) => (part.required ?? []) as string[]),
  };
}
