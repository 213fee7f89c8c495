/** Asks the worker for one file's SHA-256 at a time. */
export class Digest {
  readonly #worker: Worker;

  constructor(url: string) {
    this.#worker = new Worker(url, { type: "module" });
  }

  /** Hex. Rejects when the file cannot be read. Not to be called again before it has answered. */
  of(file: File): Promise<string> {
    return new Promise((done, fail) => {
      this.#worker.onerror = () => fail(new Error("digest"));
      this.#worker.onmessage = ({ data }: MessageEvent<{ sum?: string }>) =>
        data.sum ? done(data.sum) : fail(new DOMException("unreadable", "NotReadableError"));
      this.#worker.postMessage(file);
    });
  }
}
