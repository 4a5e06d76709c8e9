import { UNREADABLE_LIST } from "@millrace/shared";

/** The names of what is stored of an entry in mr:outbox and mr:outbox-aside. jobs/lib/outbox.lua describes them. */
export const outboxNames = {
  /** The key whose endpoints and callbacks the entry is for. */
  outbox_key: "k",
  /** The type of the event. */
  outbox_event: "t",
  /** The job or group. */
  outbox_subject: "s",
  /** Tells two ends of one subject apart: the fencing token that ended the job, or the time at which the group ended. */
  outbox_token: "n",
  outbox_ended_ms: "e",
  /** How many attempts the job had spent. */
  outbox_attempts: "a",
  /** The job's type. */
  outbox_type: "y",
  /** The job's spec, or the group's details. */
  outbox_spec: "v",
  /** The job's result, if it was asked for and is short, or its failure: JSON. */
  outbox_body: "b",
  /** The group in which the job is a child. */
  outbox_group: "g",
  /** "1": the job or group has a callback. */
  outbox_callback: "c",
  /** For a group: its children in all, and those that succeeded, failed, were cancelled, expired and were removed. */
  outbox_counts: "m",
  /** For a group: its finalizer. */
  outbox_waiter: "w",
  /** The bytes that the entry counts for its key in mr:stored. */
  outbox_bytes: "z",
  /** When the entry was first set aside. */
  outbox_aside_ms: "x",
  /** No field: the list of entries that cannot be read, a name that scripts share with schedulers. */
  outbox_unreadable: UNREADABLE_LIST,
} as const;
