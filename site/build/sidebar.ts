// The order of the pages. Titles are the pages' own.
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generated, placeOf, root } from "./pages.ts";

const groups: Readonly<Record<string, readonly string[]>> = {
  "First steps": [
    "README.md",
    "docs/getting-started.md",
    "docs/README.md",
    "ARCHITECTURE.md",
    "docs/glossary.md",
  ],
  "Submit jobs": [
    ...[
      "docs/client.md",
      "docs/http.md",
      "docs/openai.md",
      "docs/cli.md",
      "docs/job-types.md",
      "docs/documents.md",
      "docs/pdf.md",
    ],
    ...[
      "docs/groups.md",
      "docs/schedules.md",
      "docs/webhooks.md",
      "docs/errors.md",
      "docs/retries.md",
    ],
  ],
  "Run jobs": [
    ...["docs/workers.md", "docs/providers.md", "docs/models.md"],
    ...["docs/budgets.md", "docs/spend.md", "docs/quotes.md", "docs/fairness.md"],
  ],
  "Languages and examples": [
    ...[
      "packages/client/README.md",
      "packages/worker-sdk/README.md",
      "sdk/python/README.md",
      "sdk/go/README.md",
    ],
    ...[
      "examples/express/README.md",
      "examples/fastapi/README.md",
      "examples/python-worker/README.md",
    ],
    ...["docs/bullmq-compatibility.md", "packages/bullmq/README.md", "test/conformance/README.md"],
  ],
  Operate: [
    ...[
      "docs/operations.md",
      "docs/kubernetes.md",
      "docs/upgrading.md",
      "docs/backup.md",
      "docs/air-gapped.md",
      "docs/operators.md",
      "docs/settings.md",
      "docs/configuration.md",
      "docs/tls.md",
    ],
    ...[
      "docs/proxies.md",
      "docs/courier.md",
      "docs/metrics.md",
      "docs/tracing.md",
      "docs/runbooks/README.md",
    ],
    ...[
      "deploy/k8s/README.md",
      "deploy/image/README.md",
      "docs/reliability.md",
      "docs/benchmarks.md",
    ],
    `${generated}/reference/charts.md`,
  ],
  Reference: [
    ...["client", "client-admin", "worker-sdk", "python", "cli"].map(
      (name) => `${generated}/reference/${name}.md`,
    ),
    ...["jobs", "documents", "schedules", "webhooks", "workers", "admin", "scheduler"].map(
      (name) => `${generated}/reference/proto/millrace.${name}.v1.md`,
    ),
    "proto/README.md",
  ],
  Project: [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/adr/README.md",
    "docs/releasing.md",
    "SECURITY.md",
    "site/README.md",
  ],
};

/** Pages that some machines or versions do not have. */
const optional = new Set([`${generated}/reference/python.md`, "packages/bullmq/README.md"]);

/** Returns the title of a page: its first heading. */
function titleOf(page: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(join(root, page), "utf8"))?.[1];
  if (heading === undefined) throw new Error(`${page} has no heading`);
  return heading.replaceAll("`", "").replaceAll(/\[(.+?)\]\(.+?\)/g, "$1");
}

/** Returns the sidebar. Throws if a page of docs/ is in no group, so that a new page is not forgotten. */
export function sidebar() {
  const placed = new Set(Object.values(groups).flat());
  const more = globSync("docs/*.md", { cwd: root }).filter((page) => !placed.has(page));
  if (more.length > 0) throw new Error(`site/build/sidebar.ts does not have ${more.join(", ")}`);
  return Object.entries(groups).map(([text, pages], index) => ({
    text,
    collapsed: index > 2,
    items: pages
      .filter((page) => !optional.has(page) || existsSync(join(root, page)))
      .map((page) => ({ text: titleOf(page), link: `/${placeOf(page)}` })),
  }));
}
