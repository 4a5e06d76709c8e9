import type { Engine } from "@millrace/engine";
import { jobMessage } from "../../messages/job-message.ts";
import { assertPageToken } from "../../messages/page-token.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { isJobPageToken, readJobPage, wantedJobs } from "../../operators/job-pages.ts";

const DEFAULT_PAGE_SIZE = 50;

export const listJobs =
  (
    engine: Pick<Engine, "listJobs" | "getQueue"> & {
      readonly apiKeys: Pick<Engine["apiKeys"], "page">;
    },
  ): AdminHandler<"listJobs"> =>
  async ({ filter, pageSize, pageToken }) => {
    assertPageToken("ListJobs", pageToken, isJobPageToken(pageToken));
    const wanted = await wantedJobs(engine, filter);
    const page = await readJobPage(engine, wanted, pageSize || DEFAULT_PAGE_SIZE, pageToken);
    return { jobs: page.jobs.map(jobMessage), nextPageToken: page.nextPageToken };
  };
