import { expect, test } from "vitest";
import { boundedLabel } from "./bounded-label.ts";

test("values are kept up to the limit, and later ones become other", () => {
  const label = boundedLabel(2);
  expect(["a", "b", "a", "c", "b", "d"].map(label)).toEqual(["a", "b", "a", "other", "b", "other"]);
});
