/** The head of each message in gRPC, gRPC-Web and Connect's streams: one byte of flags and four of length. */
const HEAD_BYTES = 5;

export interface FrameListener {
  /** Called with the length and the flags as soon as they are known. */
  onBegin(bytes: number, flags: number): void;
  onComplete(): void;
}

/** Finds the messages in a stream of bytes without buffering them. */
export class MessageFrames {
  readonly #listener: FrameListener;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  #left = 0;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  push(piece: Uint8Array): void {
    let offset = 0;
    while (offset < piece.length) {
      if (this.#headBytes < HEAD_BYTES) {
        const part = piece.subarray(offset, offset + HEAD_BYTES - this.#headBytes);
        this.#head.set(part, this.#headBytes);
        this.#headBytes += part.length;
        offset += part.length;
        if (this.#headBytes < HEAD_BYTES) return;
        this.#left = this.#head.readUInt32BE(1);
        this.#listener.onBegin(this.#left, this.#head.readUInt8(0));
      }
      const part = Math.min(this.#left, piece.length - offset);
      this.#left -= part;
      offset += part;
      if (this.#left > 0) return;
      this.#headBytes = 0;
      this.#listener.onComplete();
    }
  }
}
