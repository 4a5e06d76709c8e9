// Generates sdk/go/gen. It needs protoc-gen-go and protoc-gen-go-grpc, in the versions of .ci/run, on PATH.
import { execFileSync } from "node:child_process";
import { goOptions } from "./go-options.ts";

const template = ["--template", "buf.gen.go.yaml", "--output", "../../sdk/go"];
execFileSync("buf", ["generate", "../../proto", ...goOptions, ...template], {
  cwd: import.meta.dirname,
  stdio: "inherit",
});
