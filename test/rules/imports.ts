import { importsOf, type Sources } from "./sources.ts";

/** The engine's concepts: each may import those before it. */
export const concepts = [
  ...["redis", "signals", "lanes", "budgets", "accounts", "jobs", "leases", "output"],
  ...["dead-letters", "queues", "explain", "operators", "bullmq", "audit"],
];

const ENGINE = "packages/engine/src/";
const unitOf = (path: string) => /^(?:packages|services)\/[^/]+\//.exec(path)?.[0] ?? "";
const conceptOf = (path: string) =>
  path.startsWith(ENGINE) ? /^([^/]+)\//.exec(path.slice(ENGINE.length))?.[1] : undefined;

/** Imports that go against the engine's order, or out of their package by a path. */
export function wrongDirections(sources: Sources): string[] {
  return importsOf(sources).flatMap(({ from, to }) => {
    if (to.startsWith("packages/") || to.startsWith("services/")) {
      if (unitOf(to) !== unitOf(from)) return [`${from} imports ${to}: name the package instead`];
      if (!to.startsWith(`${unitOf(from)}src/`) && !to.endsWith(".json"))
        return [`${from} imports ${to}, which is no part of what runs`];
    }
    const [concept, used] = [conceptOf(from), conceptOf(to)];
    if (concept === undefined || !to.startsWith(ENGINE)) return [];
    if (used === undefined) return [`${from} imports ${to}: a concept imports no whole of them`];
    return concepts.indexOf(used) <= concepts.indexOf(concept)
      ? []
      : [`${from} imports ${to}: ${used} builds on ${concept}. Move what both need below them`];
  });
}

/** Files below a service's policy/ decide, and are given all that they decide by. */
export function impurePolicy(sources: Sources): string[] {
  return importsOf(sources).flatMap(({ from, to }) => {
    const policy = /^services\/[^/]+\/src\/policy\//.exec(from)?.[0];
    if (policy === undefined || to === "@millrace/shared" || to.startsWith(policy)) return [];
    return [`${from} imports ${to}: policy imports @millrace/shared alone, and is given the rest`];
  });
}

/** Circles of imports, types included, each once. */
export function circles(sources: Sources): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of importsOf(sources)) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      found.push(
        `${trail.slice(at).join(" > ")} > ${path}: move what they share to a file of its own`,
      );
      return;
    }
    if (done.has(path)) return;
    done.add(path);
    for (const to of next.get(path) ?? []) visit(to, [...trail, path]);
  };
  for (const path of sources.paths) visit(path, []);
  return found;
}
