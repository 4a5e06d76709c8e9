// What pnpm changes in a package.json while it packs or publishes the package, besides `publishConfig`.

/** Packages of the workspace that are not published: the build puts what is used of them into the published packages. */
export const bundled = ["@millrace/configuration", "@millrace/grpc", "@millrace/shared"];

/**
 * Versions are exact in the workspace. In published packages they are ranges, so that a program has one copy of a library
 * that it uses too. Packages of Millrace are released together, and need each other exactly.
 */
const range = ([name, version]) => [name, name.startsWith("@millrace/") ? version : `^${version}`];

export const hooks = {
  beforePacking({ scripts: _, devDependencies: __, dependencies = {}, ...manifest }) {
    const needed = Object.entries(dependencies).filter(([name]) => !bundled.includes(name));
    return { ...manifest, dependencies: Object.fromEntries(needed.map(range)) };
  },
};
