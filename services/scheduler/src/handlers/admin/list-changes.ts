import type { Engine } from "@millrace/engine";
import { timestampOf } from "@millrace/runtime";
import { assertPageToken } from "../../messages/page-token.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";

const DEFAULT_PAGE_SIZE = 100;

export const listChanges =
  (engine: {
    readonly changeLog: Pick<Engine["changeLog"], "list">;
  }): AdminHandler<"listChanges"> =>
  async ({ pageSize, pageToken }) => {
    const page = await engine.changeLog.list(
      pageSize || DEFAULT_PAGE_SIZE,
      ...(pageToken === "" ? [] : [pageToken]),
    );
    assertPageToken("ListChanges", pageToken, page !== undefined);
    const { changes = [], nextPageToken = "" } = page ?? {};
    return {
      changes: changes.map(({ timeMs, ...change }) => ({
        time: timestampOf(timeMs),
        ...change,
      })),
      nextPageToken,
    };
  };
