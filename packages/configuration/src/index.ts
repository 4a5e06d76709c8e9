export { type ParsedConfiguration, parseConfiguration } from "./parse-configuration.ts";
export { type Problem, problemText, type Violation } from "./problem.ts";
export { repeatsIn } from "./rules.ts";
