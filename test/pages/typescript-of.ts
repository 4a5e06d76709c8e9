/**
 * The TypeScript of a page of documentation as one program. Its pieces follow one another as a reader
 * meets them: each sees the names of those before it, and may use a name again.
 */
export function typescriptOf(page: string, isLeftOut = (_: string) => false): string {
  const pieces = [...page.matchAll(/^```ts\n(.*?)^```/gms)]
    .map(([, code]) => code ?? "")
    .filter((code) => !isLeftOut(code));
  const imports = new Set(pieces.flatMap((code) => code.match(/^import .*?;$/gms) ?? []));
  const body = pieces.map((code) => `{\n${code.replaceAll(/^import .*?;$/gms, "")}`);
  return [...imports, ...body, "}".repeat(body.length), "export {};\n"].join("\n");
}
