import { importsOf, type Sources } from "./sources.ts";

/** The concepts of the engine. Each may import the concepts before it. */
export const concepts = [
  ...[
    "redis",
    "signals",
    "lanes",
    "budgets",
    "accounts",
    "models",
    "spend",
    "jobs",
    "usage",
    "leases",
  ],
  ...[
    "groups",
    "schedules",
    "output",
    "dead-letters",
    "queues",
    "explain",
    "quotes",
    "demand",
    "operators",
    "roster",
  ],
  ...["webhooks", "bullmq", "audit"],
];

const ENGINE = "packages/engine/src/";
const unitOf = (path: string) => /^(?:packages|services)\/[^/]+\//.exec(path)?.[0] ?? "";
const conceptOf = (path: string) =>
  path.startsWith(ENGINE) ? /^([^/]+)\//.exec(path.slice(ENGINE.length))?.[1] : undefined;

/** Returns imports that go against the engine's order, or leave their package by a path. */
export function wrongDirections(sources: Sources): string[] {
  return importsOf(sources).flatMap(({ from, to }) => {
    if (to.startsWith("packages/") || to.startsWith("services/")) {
      if (unitOf(to) !== unitOf(from)) return [`${from} imports ${to}: name the package instead`];
      if (!to.startsWith(`${unitOf(from)}src/`) && !to.endsWith(".json"))
        return [`${from} imports ${to}, which is not production code`];
    }
    const [concept, used] = [conceptOf(from), conceptOf(to)];
    if (concept === undefined || !to.startsWith(ENGINE)) return [];
    if (used === undefined)
      return [`${from} imports ${to}: a concept must not import a file that joins all concepts`];
    return concepts.indexOf(used) <= concepts.indexOf(concept)
      ? []
      : [
          `${from} imports ${to}: ${used} builds on ${concept}. Move what both need to a concept below them`,
        ];
  });
}

/** Returns impure imports of files below a service's policy/. Such files decide only by their arguments. */
export function impurePolicy(sources: Sources): string[] {
  return importsOf(sources).flatMap(({ from, to }) => {
    const policy = /^services\/[^/]+\/src\/policy\//.exec(from)?.[0];
    if (policy === undefined || to === "@millrace/shared" || to.startsWith(policy)) return [];
    return [
      `${from} imports ${to}: policy may import only @millrace/shared and gets the rest as arguments`,
    ];
  });
}

/** Returns the cycles of imports, including type imports, each once. */
export function circles(sources: Sources): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of importsOf(sources)) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      found.push(
        `${trail.slice(start).join(" > ")} > ${path}: move what they share to its own file`,
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
