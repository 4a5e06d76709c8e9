// `pnpm run generate`: writes what is generated from the chart's values.yaml.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chartFiles } from "./chart-values.ts";

for (const [name, text] of Object.entries(chartFiles())) {
  writeFileSync(join(import.meta.dirname, "../deploy/k8s/millrace", name), text);
}
