import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Engine } from "@millrace/engine";
import type { AdminHandler } from "./admin-handler.ts";
import { assertPageToken } from "./page-token.ts";

const DEFAULT_PAGE_SIZE = 100;

export const listAuditEvents =
  (engine: {
    readonly changeLog: Pick<Engine["changeLog"], "list">;
  }): AdminHandler<"listAuditEvents"> =>
  async ({ pageSize, pageToken }) => {
    const page = await engine.changeLog.list(
      pageSize || DEFAULT_PAGE_SIZE,
      ...(pageToken === "" ? [] : [pageToken]),
    );
    assertPageToken("ListAuditEvents", pageToken, page !== undefined);
    const { changes = [], nextPageToken = "" } = page ?? {};
    return {
      events: changes.map(({ timeMs, ...change }) => ({
        time: timestampFromMs(timeMs),
        ...change,
      })),
      nextPageToken,
    };
  };
