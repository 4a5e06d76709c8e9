import type { Document } from "@millrace/client";
import { details } from "../table.ts";
import { timeText } from "../times.ts";

/** A document for people. */
export const documentText = (document: Document): string =>
  details([
    ["id", document.id],
    ["name", document.name],
    ["type", document.contentType],
    ["size", `${document.sizeBytes} bytes`],
    ["SHA-256", document.sha256],
    ["stored", timeText(document.createTime)],
    ["expires", timeText(document.expireTime)],
    ["unreadable", document.unreadable],
  ]);
