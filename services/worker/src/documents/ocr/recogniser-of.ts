import type { Scope } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { openThreadPool } from "../../threads/thread-pool.ts";
import { type PageRecogniser, pageRecogniser } from "./page-recogniser.ts";

interface RecognitionSettings {
  readonly ocrLanguages: readonly string[];
  readonly ocrThreads: number;
  readonly ocrPages: number;
  readonly ocrPageMs: number;
  readonly ocrMemoryMb: number;
}

/** Opens threads for text recognition, which close with the scope. They start with the first scanned page. */
export function recogniserOf(
  scope: Pick<Scope, "use">,
  {
    ocrLanguages: languages,
    ocrThreads,
    ocrPages: pages,
    ocrPageMs,
    ocrMemoryMb,
  }: RecognitionSettings,
  clock: Clock,
): PageRecogniser {
  const threads = scope.use(
    openThreadPool({
      ...{
        threads: ocrThreads,
        cpuMs: ocrPageMs,
        timeMs: 2 * ocrPageMs,
        memoryMb: ocrMemoryMb,
        clock,
      },
    }),
  );
  return pageRecogniser({ threads, languages, pages });
}
