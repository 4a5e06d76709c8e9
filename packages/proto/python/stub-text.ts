import {
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescService,
  ScalarType,
} from "@bufbuild/protobuf";
import { importLines, moduleName } from "./module-names.ts";
import { header, methodKinds } from "./module-text.ts";

/** The types of a file's module, for type checkers. */
export function stubText(file: DescFile): string {
  return [
    header(file),
    "from collections.abc import Iterable, Mapping\n",
    "from typing import Literal\n\n",
    "from millrace import _pool\n",
    ...importLines(file),
    ...file.messages.map((message) => messageText(message, file, "")),
    ...file.enums.map(enumText),
    ...file.services.map((service) => serviceText(service, file)),
  ].join("");
}

/** The name of a type as code in `file` writes it. */
function nameIn(file: DescFile, type: DescMessage): string {
  const { name } = type.file.proto;
  // The SDK's pool has Python's own Any.
  if (name.startsWith("google/protobuf/"))
    return `_pool.${type.name === "Any" ? "AnyMessage" : type.name}`;
  const local = type.parent === undefined ? type.name : `${type.parent.name}.${type.name}`;
  return type.file === file ? local : `${moduleName(name)}.${local}`;
}

const scalarName = (scalar: ScalarType): string => {
  switch (scalar) {
    case ScalarType.STRING:
      return "str";
    case ScalarType.BYTES:
      return "bytes";
    case ScalarType.BOOL:
      return "bool";
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return "float";
    default:
      return "int";
  }
};

/** How a field is read, and how the constructor takes it. */
function typesOf(field: DescField, file: DescFile): readonly [read: string, given: string] {
  switch (field.fieldKind) {
    case "message": {
      const name = nameIn(file, field.message);
      return [name, `${name} | None`];
    }
    case "enum":
      return ["int", "int | None"];
    case "scalar":
      return [scalarName(field.scalar), `${scalarName(field.scalar)} | None`];
    case "list": {
      if (field.listKind === "message") {
        const name = nameIn(file, field.message);
        return [`_pool.Messages[${name}]`, `Iterable[${name}] | None`];
      }
      const name = field.listKind === "enum" ? "int" : scalarName(field.scalar);
      return [`_pool.Scalars[${name}]`, `Iterable[${name}] | None`];
    }
    case "map": {
      if (field.mapKind === "message") throw new Error(`${field}: maps of messages are not typed`);
      const value = field.mapKind === "enum" ? "int" : scalarName(field.scalar);
      const types = `[${scalarName(field.mapKey)}, ${value}]`;
      return [`_pool.Map${types}`, `Mapping${types} | None`];
    }
  }
}

function messageText(message: DescMessage, file: DescFile, indent: string): string {
  const inner = `${indent}    `;
  const lines = [`\n${indent}class ${message.name}(_pool.Message):`];
  for (const nested of message.nestedMessages) {
    lines.push(messageText(nested, file, inner).trimEnd());
  }
  for (const field of message.fields) {
    const [read] = typesOf(field, file);
    const isFixed =
      field.fieldKind === "message" || field.fieldKind === "list" || field.fieldKind === "map";
    if (isFixed) lines.push(`${inner}@property`, `${inner}def ${field.name}(self) -> ${read}: ...`);
    else lines.push(`${inner}${field.name}: ${read}`);
  }
  const given = message.fields.map(
    (field) => `${inner}    ${field.name}: ${typesOf(field, file)[1]} = None,`,
  );
  if (given.length === 0) lines.push(`${inner}def __init__(self) -> None: ...`);
  else
    lines.push(
      `${inner}def __init__(`,
      `${inner}    self,`,
      `${inner}    *,`,
      ...given,
      `${inner}) -> None: ...`,
    );
  for (const oneof of message.oneofs) {
    const names = oneof.fields.map(({ name }) => `"${name}"`).join(", ");
    const group = `oneof_group: Literal["${oneof.name}"]`;
    lines.push(`${inner}def WhichOneof(self, ${group}) -> Literal[${names}] | None: ...`);
  }
  if (message.oneofs.length > 1) throw new Error(`${message}: more than one oneof is not typed`);
  return `${lines.join("\n")}\n`;
}

const enumText = ({ name, values }: DescEnum): string =>
  `\n${name}: _pool.EnumNames\n${values.map((value) => `${value.name}: int\n`).join("")}`;

function serviceText(service: DescService, file: DescFile): string {
  const methods = service.methods.map(({ name, methodKind, input, output }) => {
    const types = `${nameIn(file, input)}, ${nameIn(file, output)}`;
    return `    ${name}: _pool.${methodKinds[methodKind]}[${types}]\n`;
  });
  return `\nclass ${service.name}:\n${methods.join("")}`;
}
