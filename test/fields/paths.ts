/** The fields of a message, by their paths from it: `job.usage.input_tokens`. */
import type { DescField, DescMessage } from "@bufbuild/protobuf";

/** google.protobuf's own types are values: nobody maps them field by field. */
const isValue = (desc: DescMessage) =>
  desc.typeName.startsWith("google.protobuf.") || desc.fields.length === 0;

/** The message whose fields are mapped one by one, where `field` holds one or a list of them. */
export function messageIn(field: DescField): DescMessage | undefined {
  const desc = field.fieldKind === "map" ? undefined : field.message;
  return desc === undefined || isValue(desc) ? undefined : desc;
}

export const pathOf = (prefix: string, field: DescField): string =>
  prefix === "" ? field.name : `${prefix}.${field.name}`;

/** Every field of a message and of the messages in it that holds a value of its own. */
export function pathsOf(desc: DescMessage, prefix = ""): string[] {
  return desc.fields.flatMap((field) => {
    const path = pathOf(prefix, field);
    const inner = messageIn(field);
    return inner === undefined ? [path] : pathsOf(inner, path);
  });
}

/** Whether `path` is `of` or a field in it. */
export const isWithin = (path: string, of: string): boolean =>
  path === of || path.startsWith(`${of}.`);
