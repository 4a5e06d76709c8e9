import { R } from "../redis/stored-records.ts";

/** Reads what an attempt reserved, by the names of the record's words. Returns undefined if it reserved nothing. */
export function parseReservation<Kind extends keyof typeof R>(
  kind: Kind,
  text: string | undefined,
): Readonly<Record<(typeof R)[Kind][number], string>> | undefined {
  if (text === undefined || text === "") return undefined;
  const names: readonly string[] = R[kind];
  const words = text.split(" ");
  // The last word may contain spaces.
  const last = words.splice(names.length - 1).join(" ");
  const record: Record<string, string> = {};
  names.forEach((name, at) => {
    record[name] = words[at] ?? last;
  });
  return record as Record<(typeof R)[Kind][number], string>;
}
