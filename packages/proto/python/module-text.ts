import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { importLines } from "./module-names.ts";

const WIDTH = 88;

/** The Python class of a kind of method. */
export const methodKinds = {
  unary: "UnaryUnary",
  server_streaming: "UnaryStream",
  client_streaming: "StreamUnary",
  bidi_streaming: "StreamStream",
} as const;

export const header = (file: DescFile): string =>
  `# Generated from ${file.proto.name} by \`pnpm generate\`. Do not edit.\n`;

/** The module of a file: it adds the file to the SDK's pool, and names its messages, enums and services. */
export function moduleText(file: DescFile): string {
  const bytes = toBinary(FileDescriptorProtoSchema, file.proto);
  const text = Buffer.from(bytes).toString("base64");
  const lines = text.match(new RegExp(`.{1,${WIDTH}}`, "g")) ?? [];
  return [
    header(file),
    "from millrace import _pool\n",
    ...importLines(file),
    `\n_pool.add_file(\n${lines.map((line) => `    "${line}"\n`).join("")})\n\n`,
    ...file.messages.map(({ name, typeName }) => `${name} = _pool.message_class("${typeName}")\n`),
    ...file.enums.flatMap(({ name, typeName, values }) => [
      `${name} = _pool.enum_names("${typeName}")\n`,
      ...values.map((value) => `${value.name} = ${value.number}\n`),
    ]),
    ...file.services.map(serviceText),
  ].join("");
}

function serviceText(service: DescService): string {
  const methods = service.methods.map(({ name, methodKind, input, output }) => {
    const path = `/${service.typeName}/${name}`;
    const types = `"${input.typeName}", "${output.typeName}"`;
    return `    ${name} = _pool.${methodKinds[methodKind]}("${path}", ${types})\n`;
  });
  return `\n\nclass ${service.name}:\n${methods.join("")}`;
}
