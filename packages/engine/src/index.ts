export type { AuditOptions, AuditProgress } from "./audit/audit-engine.ts";
export type { Finding } from "./audit/finding.ts";
export { changeLogDefaults } from "./change-log.ts";
export type * from "./engine.ts";
export { FairBackend } from "./fair-backend.ts";
export { bullPrefix, fairBackend } from "./fair-backend-factory.ts";
export { openEngine } from "./open-engine.ts";
export { queueDefaults } from "./queue-registry.ts";
export { StoreUnavailable } from "./store-fault.ts";
