export * from "./channel-options.ts";
export * from "./client-calls.ts";
export * from "./credentials.ts";
export * from "./lasting-client.ts";
export * from "./method-definition.ts";
export * from "./status-details.ts";
export * from "./stream-flow.ts";
