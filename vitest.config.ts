import { defineConfig } from "vitest/config";

/** Tests on a real cluster, which is built on this machine: `npm run cluster -- test`. */
const kubernetes = {
  test: {
    name: "kubernetes",
    include: ["test/kubernetes/*.test.ts"],
    globalSetup: ["test/kubernetes/setup.ts"],
    // They all use one release.
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages,services}/*/src/**/*.test.ts", "scripts/*.test.ts"],
          // The engine's are beside what they test, and need a Redis.
          exclude: ["packages/engine/**"],
          // Many times what any takes: a busy machine is slow, and a test that hangs fails all the same.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "integration",
          include: [
            "{packages,services}/*/test/**/*.test.ts",
            "packages/engine/src/**/*.test.ts",
            "test/{alerts,conformance,e2e,faults,fields,model,packages,pages,security,versions}/**/*.test.ts",
          ],
          // Starting a system takes half a minute on a busy machine.
          testTimeout: 120_000,
          hookTimeout: 90_000,
        },
      },
      // Some run whole programs, such as knip.
      { test: { name: "rules", include: ["test/rules/**/*.test.ts"], testTimeout: 60_000 } },
      ...(process.env.MILLRACE_CLUSTER_TESTS === "1" ? [kubernetes] : []),
    ],
    // packages/shared/src/prevent-hang-at-exit.ts says why.
    execArgv: ["--no-concurrent-sparkplug"],
    // Two cores serve the tests and the real servers that they start.
    maxWorkers: 2,
  },
});
