/** Lists the fields of a message by their paths, such as `job.usage.input_tokens`. */
import type { DescField, DescMessage } from "@bufbuild/protobuf";

/** google.protobuf's own types are values, because no code maps them field by field. */
const isValue = (desc: DescMessage) =>
  desc.typeName.startsWith("google.protobuf.") || desc.fields.length === 0;

/** Returns the message whose fields are mapped one by one, if `field` holds one or a list of them. */
export function messageIn(field: DescField): DescMessage | undefined {
  const desc = field.fieldKind === "map" ? undefined : field.message;
  return desc === undefined || isValue(desc) ? undefined : desc;
}

export const pathOf = (prefix: string, field: DescField): string =>
  prefix === "" ? field.name : `${prefix}.${field.name}`;

/** Lists every field with a value of its own, of a message and of the messages in it. */
export function pathsOf(desc: DescMessage, prefix = ""): string[] {
  return desc.fields.flatMap((field) => {
    const path = pathOf(prefix, field);
    const inner = messageIn(field);
    return inner === undefined ? [path] : pathsOf(inner, path);
  });
}

/** Whether `path` is `parent` or a field inside it. */
export const isWithin = (path: string, parent: string): boolean =>
  path === parent || path.startsWith(`${parent}.`);
