import { expect, test } from "vitest";
import { currentVersion, differentPlaces, versionPlaces } from "../../scripts/versions.ts";

test("every package, the chart, the SDKs and the image have one version", () => {
  expect(differentPlaces(currentVersion())).toEqual([]);
  const files = versionPlaces().map(({ file }) => file);
  expect(files).toContain("packages/client/package.json");
  expect(files).toContain("services/gateway/package.json");
});

test("a place with another version is named", () => {
  const other = "99.0.0-rc.1";
  const different = differentPlaces(other);
  expect(different).toContain(
    'packages/cli/package.json: "version": "0.1.0"'.replace("0.1.0", currentVersion()),
  );
  expect(
    different.filter((line) => line.startsWith("deploy/k8s/millrace/Chart.yaml")),
  ).toHaveLength(2);
});
