#!/usr/bin/env node
// The command in the published package. In this repository it is bin/millrace.mjs, which runs without a build.
import module from "node:module";

// Node 20 has no compile cache. A newer Node starts in half the time with it.
module.enableCompileCache?.();
await import("./main.ts");
