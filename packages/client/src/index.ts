export * from "./connect-millrace.ts";
