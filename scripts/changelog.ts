const UNRELEASED = "## Unreleased";

/** Returns what the changelog says of a version, or of "Unreleased", without its heading. Undefined: it has no such heading. */
export function notesOf(changelog: string, version: string): string | undefined {
  const lines = changelog.split("\n");
  const start = lines.findIndex((line) => line.split(" ", 2).join(" ") === `## ${version}`);
  if (start === -1) return undefined;
  const end = lines.findIndex((line, index) => index > start && line.startsWith("## "));
  return lines
    .slice(start + 1, end === -1 ? undefined : end)
    .join("\n")
    .trim();
}

/**
 * Returns the changelog in which what is unreleased belongs to the version. Throws if the version is there already, or if
 * nothing is unreleased.
 */
export function released(changelog: string, version: string, date: string): string {
  if (notesOf(changelog, version) !== undefined) {
    throw new Error(`CHANGELOG.md has the version ${version} already: choose a higher one`);
  }
  if (!notesOf(changelog, "Unreleased")) {
    throw new Error(`CHANGELOG.md has nothing under "${UNRELEASED}": say first what is new`);
  }
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n\n## ${version} (${date})`);
}
