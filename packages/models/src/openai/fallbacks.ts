import { type Refusal, statusOf } from "../error-status.ts";
import type { Dialect, Lesson } from "./quirks.ts";

/** An answer that is so many times longer than its limit had none: servers count differently, but not so much. */
const IGNORED = 2;
/** A difference of so few tokens says nothing. */
const SHORT = 64;

/**
 * What one completion tries when the server refuses a field. What it learns is kept for the process, unless the server refuses
 * the last request too: then the field was not the reason.
 */
export class Fallbacks {
  readonly #dialect: Dialect;
  readonly #onLesson: (lesson: Lesson) => void;
  readonly #tried: Lesson[] = [];

  constructor(dialect: Dialect, onLesson: (lesson: Lesson) => void) {
    this.#dialect = dialect;
    this.#onLesson = onLesson;
  }

  /**
   * `lesson` is what the error shows of the request, if anything. Returns whether another request is worth a try, which then is
   * written differently.
   */
  learnFrom(error: Refusal, lesson: Lesson | undefined): boolean {
    const again = this.#tried.some(
      ({ quirk, has }) => quirk === lesson?.quirk && has === lesson.has,
    );
    if (lesson === undefined || again) {
      const status = statusOf(error);
      if (status === 400 || status === 422) this.#forget();
      return false;
    }
    this.#tried.push(lesson);
    this.#dialect.learn(lesson);
    return true;
  }

  /** The server has taken the request. */
  taken(): void {
    for (const lesson of this.#tried.splice(0)) this.#onLesson(lesson);
  }

  /** The model has written so many tokens within a limit that the server may have ignored. */
  written(tokens: number, limitTokens: number): void {
    const lesson = { quirk: "max-tokens", has: true } as const;
    if (tokens <= limitTokens * IGNORED + SHORT || this.#dialect.knows(lesson.quirk)) return;
    this.#dialect.learn(lesson);
    this.#onLesson(lesson);
  }

  #forget(): void {
    for (const { quirk, has } of this.#tried.toReversed()) {
      this.#dialect.learn({ quirk, has: !has });
    }
  }
}
