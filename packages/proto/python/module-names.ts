import type { DescFile } from "@bufbuild/protobuf";

/** What the SDK has no use for: services for operators, between services, and the rules of fields. */
const LEFT_OUT = [
  "buf/",
  "externalscaler/",
  "google/protobuf/",
  "millrace/admin/",
  "millrace/scheduler/",
];

export const isGenerated = (proto: string): boolean =>
  !LEFT_OUT.some((start) => proto.startsWith(start));

/** The path of a file's module below millrace/_proto, without its ending. */
export const modulePath = (proto: string): string =>
  proto.replace(/^millrace\//, "").replace(/\.proto$/, "_pb2");

/** The name by which other modules import a file's module. */
export const moduleName = (proto: string): string =>
  `millrace._proto.${modulePath(proto).replaceAll("/", ".")}`;

/** What a file's module imports. */
export const importLines = (file: DescFile): readonly string[] =>
  file.dependencies
    .filter(({ proto }) => isGenerated(proto.name))
    .map(({ proto }) => `import ${moduleName(proto.name)}\n`);

/** All folders of the modules, each with a slash at its end; the empty name is the top. */
export function packageFolders(protos: readonly string[]): readonly string[] {
  const folders = new Set([""]);
  for (const proto of protos) {
    const parts = modulePath(proto).split("/").slice(0, -1);
    parts.forEach((_, at) => {
      folders.add(`${parts.slice(0, at + 1).join("/")}/`);
    });
  }
  return [...folders].sort();
}
