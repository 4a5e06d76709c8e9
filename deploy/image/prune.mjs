// Removes what no program of the image reads from the folder of its dependencies: node prune.mjs node_modules
// Licences stay. A rule that removes nothing ends the build, because the package has changed since the rule was written.
import { globSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";

const store = join(process.argv[2], ".pnpm");
const isLicence = /^(licen[cs]e|notice|copying|third.?party)/i;

/** Files of every package: Node strips no types below node_modules, so TypeScript cannot run there. */
const unread = /\.(map|flow|tsbuildinfo|[mc]?ts|md|markdown)$/i;

/** By package: what its importers do not load. `keep` names the only files that they do. */
const rules = [
  // One build for each processor feature. The worker loads this one.
  { name: "tesseract.js-core", keep: /^(package\.json|tesseract-core-simd-lstm\.(js|wasm))$/ },
  // The model of the legacy engine. The worker loads 4.0.0_best_int.
  { name: "@tesseract.js-data/eng", remove: /^4\.0\.0\// },
  // Builds for browsers. The worker imports legacy/build.
  {
    name: "pdfjs-dist",
    remove: /^(build|web|image_decoders|types|legacy\/(web|image_decoders))\/|\.min\.mjs$/,
  },
  // The second form of each module, for `require`, and sources of the ranks.
  { name: "gpt-tokenizer", remove: /^(cjs|data)\// },
  { name: "@bufbuild/cel-spec", remove: /^dist\/(cjs|esm\/testdata)\// },
  // Bundles for browsers.
  { name: "jschardet", remove: /^dist\// },
  { name: "bintrees", remove: /^(test|dist|examples)\// },
];

let removed = 0;
const remove = (files) => {
  for (const file of files) rmSync(file);
  removed += files.length;
};

/** All files below a folder but licences. It does not follow links: between packages there are links in circles. */
function* filesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile() && !isLicence.test(entry.name)) yield path;
  }
}

remove([...filesIn(store)].filter((file) => unread.test(file)));
for (const { name, keep, remove: unused } of rules) {
  const folders = globSync(join(store, "*", "node_modules", name)).filter((folder) =>
    lstatSync(folder).isDirectory(),
  );
  const files = folders.flatMap((folder) =>
    [...filesIn(folder)].filter((file) => {
      const path = relative(folder, file);
      return keep ? !keep.test(path) : unused.test(path);
    }),
  );
  if (files.length === 0) throw new Error(`prune.mjs: the rule of ${name} removes nothing`);
  remove(files);
}
// Records of this installation, with its time: they would make each build differ.
for (const record of [".modules.yaml", ".pnpm-workspace-state-v1.json"]) {
  rmSync(join(process.argv[2], record), { force: true });
}
process.stdout.write(`prune.mjs: removed ${removed} files\n`);
