import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages,services}/*/src/**/*.test.ts", "scripts/*.test.ts"],
        },
      },
      {
        test: {
          name: "integration",
          include: [
            "{packages,services}/*/test/**/*.test.ts",
            "test/{e2e,faults,fields,model,security}/**/*.test.ts",
          ],
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
      { test: { name: "rules", include: ["test/rules/**/*.test.ts"] } },
    ],
    // Two cores serve the tests and the real servers that they start.
    maxWorkers: 2,
  },
});
