/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 uses it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The members that have a value. */
export const given = (members: JsonSchema): JsonSchema =>
  Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) =>
        value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0),
    ),
  );

export const reference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
