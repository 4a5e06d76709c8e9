/** Fair groups for BullMQ. See the README. */
export { FairBackend, fairBackend } from "./fair-backend.ts";
export type { GroupOption } from "./group-option.ts";
export { type GroupReport, type GroupSettings, type Groups, groupsOf } from "./groups.ts";
