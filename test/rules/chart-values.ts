import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parse } from "yaml";

const folder = join(import.meta.dirname, "../../deploy/k8s");
const schema = JSON.parse(readFileSync(join(folder, "millrace/values.schema.json"), "utf8"));
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

/** Returns the problems that Helm would find in the values. Empty if there are none. */
export function problemsOf(values: unknown): string[] {
  validate(values);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The chart's own values, and each file of example values. */
export const valuesFiles: readonly (readonly [name: string, values: unknown])[] = [
  "millrace/values.yaml",
  ...readdirSync(join(folder, "values")).map((name) => `values/${name}`),
].map((name) => [name, parse(readFileSync(join(folder, name), "utf8"))]);

/** Whether an operator may put this variable into the service's `settings`. */
export const allowsSetting = (service: string, variable: string): boolean => {
  const own = { settings: { [variable]: "1" } };
  return (
    problemsOf(service === "worker" ? { workers: { any: own } } : { [service]: own }).length === 0
  );
};
