import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inWords } from "@millrace/shared";
import { expect, test } from "vitest";

const proto = join(import.meta.dirname, "../../proto/millrace");
const patterns = globSync("**/*.proto", { cwd: proto }).flatMap((file) =>
  [...readFileSync(join(proto, file), "utf8").matchAll(/pattern = ("[^"]*")/g)].map(
    ([, quoted = ""]) => JSON.parse(quoted) as string,
  ),
);

test.each([...new Set(patterns)])(
  "packages/shared describes the pattern %s in words",
  (pattern) => {
    expect(inWords(`does not match regex pattern \`${pattern}\``)).toMatch(/^must be /);
  },
);
