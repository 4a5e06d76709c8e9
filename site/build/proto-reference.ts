// The reference of the contract: one page for each package, made of the comments in proto/.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import {
  type AnyDesc,
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  ScalarType,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { getComments } from "@bufbuild/protoplugin";
import { root } from "./pages.ts";

/** Returns the text of each page by the name of its package. */
export function protoPages(): ReadonlyMap<string, string> {
  const buf = join(import.meta.dirname, "../node_modules/.bin/buf");
  const image = execFileSync(buf, ["build", join(root, "proto"), "--output", "-"], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = [...createFileRegistry(fromBinary(FileDescriptorSetSchema, image)).files];
  const packages = Map.groupBy(
    files.filter(({ proto }) => proto.package.startsWith("millrace.")),
    ({ proto }) => proto.package,
  );
  return new Map([...packages].sort().map(([name, own]) => [name, pageOf(name, own)]));
}

/** Comments are plain text, in which only code is marked. */
const escaped = (text: string): string =>
  text.replaceAll(/`[^`]*`|[<>{}|*[\]]/g, (part) =>
    part.startsWith("`") ? part : `&#${part.codePointAt(0)};`,
  );

/** Paragraphs of a comment stay paragraphs, and lists stay lists. */
const paragraphs = (desc: Exclude<AnyDesc, DescFile>): string =>
  escaped((getComments(desc).leading ?? "").trim())
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll(/\n(?!\s*-)\s*/g, " ").trim())
    .join("\n\n");

/** For a cell of a table, which a bar would end, even in code. */
const inOneLine = (desc: Exclude<AnyDesc, DescFile>): string =>
  paragraphs(desc).replaceAll(/\s+/g, " ").replaceAll("|", "\\|");

function pageOf(name: string, files: readonly DescFile[]): string {
  const services = files.flatMap((file) => file.services);
  const messages = files.flatMap((file) => file.messages.flatMap(withNested));
  const enums = [
    ...files.flatMap((file) => file.enums),
    ...messages.flatMap((message) => message.nestedEnums),
  ];
  const sorted = <T extends { readonly typeName: string }>(all: readonly T[]) =>
    all.toSorted((a, b) => (a.typeName < b.typeName ? -1 : 1));
  return [
    `---\noutline: [2, 3]\n---\n\n# \`${name}\`\n`,
    ...services.map(service),
    ...(messages.length === 0 ? [] : ["## Messages\n", ...sorted(messages).map(message)]),
    ...(enums.length === 0 ? [] : ["## Enums\n", ...sorted(enums).map(enumeration)]),
  ].join("\n");
}

const withNested = (message: DescMessage): DescMessage[] => [
  ...(message.proto.options?.mapEntry ? [] : [message]),
  ...message.nestedMessages.flatMap(withNested),
];

const packageOf = (desc: DescMessage | DescEnum | DescService): string => desc.file.proto.package;
const shortName = (desc: DescMessage | DescEnum | DescService): string =>
  desc.typeName.slice(packageOf(desc).length + 1);
const anchor = (desc: DescMessage | DescEnum): string =>
  shortName(desc).toLowerCase().replaceAll(".", "");

/** The name of a type, which leads to it if it is Millrace's own. */
function named(desc: DescMessage | DescEnum): string {
  const name = packageOf(desc);
  if (!name.startsWith("millrace.")) return `\`${desc.typeName}\``;
  return `[\`${shortName(desc)}\`](/reference/proto/${name}.md#${anchor(desc)})`;
}

function service(desc: DescService): string {
  return `## ${desc.name}\n\n${paragraphs(desc)}\n\n${desc.methods.map(method).join("\n")}`;
}

function method(desc: DescMethod): string {
  const streams = desc.methodKind.includes("client") || desc.methodKind.startsWith("bidi");
  const streamed = desc.methodKind.includes("server") || desc.methodKind.startsWith("bidi");
  const request = `${streams ? "stream of " : ""}${named(desc.input)}`;
  const answer = `${streamed ? "stream of " : ""}${named(desc.output)}`;
  return `### ${desc.name}\n\n${request} → ${answer}\n\n${paragraphs(desc)}\n`;
}

function message(desc: DescMessage): string {
  const rows = desc.fields.map(
    (field) => `| \`${field.name}\` | ${typeOf(field)} | ${remarks(field)} |`,
  );
  const table =
    rows.length === 0
      ? "No fields."
      : `| Field | Type | Meaning |\n|---|---|---|\n${rows.join("\n")}`;
  return `### ${shortName(desc)}\n\n${paragraphs(desc)}\n\n${table}\n`;
}

function remarks(field: DescField): string {
  const choice = field.oneof === undefined ? "" : `One of \`${field.oneof.name}\`. `;
  return `${choice}${inOneLine(field)}`;
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "message":
      return named(field.message);
    case "enum":
      return named(field.enum);
    case "scalar":
      return `\`${scalar(field.scalar)}\``;
    case "list":
      return `list of ${elementOf(field.listKind, field.scalar, field.message ?? field.enum)}`;
    case "map":
      return `map of \`${scalar(field.mapKey)}\` to ${elementOf(field.mapKind, field.scalar, field.message ?? field.enum)}`;
  }
}

const elementOf = (
  kind: "scalar" | "message" | "enum",
  type: ScalarType | undefined,
  desc: DescMessage | DescEnum | undefined,
): string =>
  kind === "scalar" || desc === undefined
    ? `\`${scalar(type ?? ScalarType.STRING)}\``
    : named(desc);

const scalar = (type: ScalarType): string => ScalarType[type].toLowerCase();

function enumeration(desc: DescEnum): string {
  const rows = desc.values.map((value) => `| \`${value.name}\` | ${inOneLine(value)} |`);
  return `### ${shortName(desc)}\n\n${paragraphs(desc)}\n\n| Value | Meaning |\n|---|---|\n${rows.join("\n")}\n`;
}
