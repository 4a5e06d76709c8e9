/**
 * Joins the TypeScript of a documentation page to one program. The pieces follow one another in the order of the
 * page. Each piece sees the names of the pieces before it, and may declare a name again.
 */
export function typescriptOf(page: string, isLeftOut = (_: string) => false): string {
  const pieces = [...page.matchAll(/^```ts\n(.*?)^```/gms)]
    .map(([, code]) => code ?? "")
    .filter((code) => !isLeftOut(code));
  const imports = new Set(pieces.flatMap((code) => code.match(/^import .*?;$/gms) ?? []));
  const body = pieces.map((code) => `{\n${code.replaceAll(/^import .*?;$/gms, "")}`);
  return [...imports, ...body, "}".repeat(body.length), "export {};\n"].join("\n");
}
