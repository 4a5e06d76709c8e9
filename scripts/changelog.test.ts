import { expect, test } from "vitest";
import { notesOf, released } from "./changelog.ts";

const changelog = "# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0 (2026-12-01)\n\n- first\n";

test("what is unreleased belongs to the new version, and nothing is unreleased then", () => {
  const after = released(changelog, "0.2.0", "2026-12-24");
  expect(notesOf(after, "0.2.0")).toBe("- new");
  expect(notesOf(after, "Unreleased")).toBe("");
  expect(notesOf(after, "0.1.0")).toBe("- first");
  expect(after).toContain("## 0.2.0 (2026-12-24)");
  expect(() => released(after, "0.3.0", "2026-12-25")).toThrow(/nothing under/);
});

test("a version is released once, and one that only begins like another is another", () => {
  expect(() => released(changelog, "0.1.0", "2026-12-24")).toThrow(/has the version 0.1.0 already/);
  expect(notesOf(changelog, "0.1")).toBeUndefined();
});
