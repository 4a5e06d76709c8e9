// What is generated from the comments of the chart's values.yaml: its README, and the descriptions in its schema.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";

const chart = join(import.meta.dirname, "../deploy/k8s/millrace");
const read = (name: string) => readFileSync(join(chart, name), "utf8");

interface Value {
  readonly path: string;
  readonly comment: string;
  /** JSON. Absent for a section, whose values follow. */
  readonly fallback?: string;
}

/** A comment of several lines, as one. What a blank line separates from the value belongs to the file. */
const oneLine = (comment: string | null | undefined): string =>
  ((comment ?? "").split(/\n\s*\n/).at(-1) ?? "")
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim();

/** Maps that the operator fills are one value. The values of the others are listed one by one. */
const isSection = (node: unknown): node is YAMLMap =>
  isMap(node) && node.flow !== true && node.items.length > 0;
const isWhole = new Set([
  ...["workers", "workerDefaults.settings", "test.payload"],
  ...["podSecurityContext", "containerSecurityContext"],
]);
const services = ["gateway", "scheduler", "workerDefaults", "redis"];

/** The values in their order. The parts of a service that all services have are explained once. */
function valuesOf(map: YAMLMap, within = ""): Value[] {
  return map.items.flatMap((pair, at) => {
    const { key, value } = pair as Pair;
    if (!isScalar(key)) return [];
    const path = within === "" ? String(key.value) : `${within}.${key.value}`;
    // The parser gives the comment of a map's first value to the map.
    const comment = oneLine(key.commentBefore ?? (at === 0 ? map.commentBefore : ""));
    if (isSection(value) && !isWhole.has(path) && !path.endsWith(".resources")) {
      return [{ path, comment }, ...valuesOf(value, path)];
    }
    const json = JSON.stringify((value as YAMLMap | undefined)?.toJSON() ?? null);
    return [{ path, comment, fallback: json }];
  });
}

function explained(values: readonly Value[]): Value[] {
  const comments = new Map(values.map(({ path, comment }) => [path, comment]));
  return values.map((value) => {
    const [service = "", ...rest] = value.path.split(".");
    if (value.comment !== "" || !services.includes(service)) return value;
    const same = services
      .map((one) => comments.get([one, ...rest].join(".")))
      .find((comment) => comment !== undefined && comment !== "");
    return { ...value, comment: same ?? "" };
  });
}

/** All values of the chart, each with what its comment says. */
export const chartValues = (): readonly Value[] => {
  const { contents } = parseDocument(read("values.yaml"));
  if (!isMap(contents)) throw new Error("values.yaml is not a map");
  return explained(valuesOf(contents));
};

const cell = (text: string) => text.replaceAll("|", "\\|");

function readme(values: readonly Value[]): string {
  const rows = values.map(({ path, comment, fallback }) =>
    fallback === undefined
      ? `| **${path}** | | ${cell(comment)} |`
      : `| \`${path}\` | ${fallback.length > 60 ? "see values.yaml" : `\`${cell(fallback)}\``} | ${cell(comment)} |`,
  );
  return `${read("README.head.md")}\n| Value | Default | Meaning |\n|---|---|---|\n${rows.join("\n")}\n`;
}

interface Schema {
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
}

/** The schema of a value. A definition that several values share has no description: the values have. */
function describe(schema: Schema, values: readonly Value[]): Schema {
  const described = structuredClone(schema);
  for (const { path, comment } of values) {
    let at: Schema | undefined = described;
    for (const name of path.split(".")) {
      const shared: string | undefined = at?.$ref?.split("/").at(-1);
      at = (shared ? described.definitions?.[shared] : at)?.properties?.[name];
    }
    if (at !== undefined) Object.assign(at, { description: comment });
  }
  return described;
}

/** The generated files of the chart, by name. */
export function chartFiles(): Readonly<Record<string, string>> {
  const values = chartValues();
  const schema = describe(JSON.parse(read("values.schema.json")), values);
  return {
    "README.md": readme(values),
    "values.schema.json": `${JSON.stringify(schema, undefined, 2)}\n`,
  };
}
