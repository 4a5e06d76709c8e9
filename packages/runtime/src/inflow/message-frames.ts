/** Before each message of gRPC, gRPC-Web and Connect's streams: a byte of flags and four of length. */
const HEAD_BYTES = 5;

export interface FrameListener {
  /** Told of the length, and of the byte of flags, as soon as they are known. */
  onBegin(bytes: number, flags: number): void;
  onComplete(): void;
}

/** Finds the messages in a stream of bytes, and keeps nothing of them. */
export class MessageFrames {
  readonly #listener: FrameListener;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  #left = 0;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#headBytes < HEAD_BYTES) {
        const part = piece.subarray(at, at + HEAD_BYTES - this.#headBytes);
        this.#head.set(part, this.#headBytes);
        this.#headBytes += part.length;
        at += part.length;
        if (this.#headBytes < HEAD_BYTES) return;
        this.#left = this.#head.readUInt32BE(1);
        this.#listener.onBegin(this.#left, this.#head.readUInt8(0));
      }
      const part = Math.min(this.#left, piece.length - at);
      this.#left -= part;
      at += part;
      if (this.#left > 0) return;
      this.#headBytes = 0;
      this.#listener.onComplete();
    }
  }
}
