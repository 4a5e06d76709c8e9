import type { JobService } from "@millrace/proto/job-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { createWake } from "@millrace/shared";
import { traceOfCall } from "@millrace/telemetry";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { StreamIntake } from "../submitting/stream-intake.ts";
import { StreamSubmissions } from "../submitting/stream-submissions.ts";
import { FinishedNews } from "../watching/finished-news.ts";

const noNews = { finished: [], goneJobIds: [] };

/**
 * Receives jobs and sends answers in two independent halves, which wait for each other only for room. The receiving
 * half sends each message to the scheduler as a group. The sending half sends answers first, so that no job's end
 * arrives before the answer to its submission.
 */
export const submitStream = (
  parts: GatewayParts,
): Handler<typeof JobService.method.submitStream, Caller> =>
  async function* (requests, call) {
    const { submit, scheduler, hub, clock, streamLimits, streams, awaited } = parts;
    const { signal, draining } = call;
    const { keyId } = call.identity;
    using _place = streams.enter(keyId);
    const { wake, wait } = createWake();
    const news = new FinishedNews(hub, wake, (change) => awaited.add(keyId, change));
    const aged = new AbortController();
    const age = clock.after(streamLimits.ageMs, () => aged.abort());
    const leaving = AbortSignal.any([draining, aged.signal]);
    const jobs = new StreamSubmissions({
      submit: (specs) => submit(keyId, specs, { trace: traceOfCall(call.headers) }),
      onAccepted: (jobIds) => intake.notifies && news.expect(jobIds),
      onAnswers: wake,
    });
    const intake = new StreamIntake({ parts, call, jobs, news, leaving, onTaken: wake });
    intake.start(requests);

    leaving.addEventListener("abort", wake, { once: true });
    signal.addEventListener("abort", wake, { once: true });
    try {
      while (!signal.aborted) {
        const results = jobs.takeAnswers();
        const { finished, goneJobIds } = jobs.hasAnswers ? noNews : news.take();
        intake.takeHeld();
        if (results.length + finished.length + goneJobIds.length > 0) {
          yield { results, finished, goneJobIds };
          continue;
        }
        if (news.hasLate && (await news.readLate(scheduler, keyId, signal))) continue;
        if (jobs.isUnderWay) await wait();
        else if (jobs.failure !== undefined) throw jobs.failure.error;
        else if (intake.isComplete && news.outstanding === 0) return;
        else if (leaving.aborted) {
          throw rpcError({
            reason: "DRAINING",
            message: "the gateway ends this stream: open another one and continue there",
          });
        } else if (!news.hasLate) await wait();
      }
    } finally {
      intake.close();
      age.cancel();
      leaving.removeEventListener("abort", wake);
      signal.removeEventListener("abort", wake);
      news.close();
    }
  };
