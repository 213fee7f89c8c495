/** Sends files into a dataset: digest, row, parts straight to the store, done. Uppy sends the parts; what arrived is never sent again. */
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { ask, Refusal } from "./api";
import type { Digest } from "./digest";

export type State = "waiting" | "reading" | "sending" | "stalled" | "sent" | "there" | "problem" | "cancelled";

interface Asset {
  id: string;
  state: string;
  bytes: number;
  sha256: string;
  caption: string;
  part_bytes: number;
  part_count: number;
  arrived?: number[];
}

interface Link {
  number: number;
  url: string;
}

export class Item {
  state: State = "waiting";
  sent = 0;
  problem = "";
  asset: Asset | null = null;
  sum = "";
  uppy = "";
  links = new Map<number, string>();
  signing: Promise<void> | null = null;

  constructor(
    readonly file: File,
    readonly name: string,
    readonly caption: string,
  ) {}

  get final(): boolean {
    return ["sent", "there", "problem", "cancelled"].includes(this.state);
  }
}

export interface Watcher {
  changed(item: Item): void;
  /** The connection went away, or came back. */
  away(is: boolean): void;
  signedOut(): void;
  /** A word of the page for a problem that the server has no sentence for. */
  word(name: string): string;
}

const PARTS_AT_ONCE = 6;
/** Files of which parts are under way. The next are prepared meanwhile. */
const FILES_AT_ONCE = 6;
const LINKS_AT_ONCE = 16;
/** A link lives 15 minutes. */
const LINK_SECONDS = 840;
const RETRY = [500, 1000, 2000, 4000, 8000, 8000, 8000];
const STALLED_FOR = 5000;

export class Sender {
  readonly items: Item[] = [];
  paused = false;
  #working = false;
  readonly #sizes = new WeakMap<Blob, number>();
  readonly #uppy = new Uppy<Record<string, unknown>, Record<string, unknown>>({ id: "atelier", autoProceed: false });

  constructor(
    readonly api: string,
    readonly dataset: string,
    readonly digest: Digest,
    readonly watcher: Watcher,
  ) {
    this.#uppy.use(AwsS3, {
      limit: PARTS_AT_ONCE,
      retryDelays: RETRY,
      shouldUseMultipart: true,
      // Uppy hands over the bare file here, whatever its types say.
      getChunkSize: (file) => this.#sizes.get(file as unknown as Blob) ?? 0,
      createMultipartUpload: async (file) => ({ uploadId: this.#of(file.id).asset!.id, key: file.id }),
      listParts: async (file) => this.#arrived(this.#of(file.id)),
      signPart: async (file, { partNumber, signal }) => this.#link(this.#of(file.id), partNumber, signal),
      // Given up only by its owner, in cancel().
      abortMultipartUpload: async () => {},
      completeMultipartUpload: async (file, { signal }) => {
        await ask("POST", `${this.api}/assets/${this.#of(file.id).asset!.id}/complete`, undefined, signal);
        return {};
      },
      uploadPartBytes: async (options) => this.#put(options),
    });
    this.#uppy.on("upload-progress", (file, progress) => file && this.#progress(file.id, progress.bytesUploaded || 0));
    this.#uppy.on("upload-success", (file) => file && this.#settle(this.#of(file.id), "sent"));
    this.#uppy.on("upload-error", (file, error) => file && void this.#failed(file.id, error));
    addEventListener("online", () => this.#wake());
  }

  add(item: Item): void {
    this.items.push(item);
    void this.#work();
  }

  pause(): void {
    this.paused = true;
    this.#uppy.pauseAll();
  }

  resume(): void {
    this.paused = false;
    this.#uppy.resumeAll();
    this.#wake();
  }

  again(item: Item): void {
    [item.state, item.problem, item.sent] = ["waiting", "", 0];
    this.watcher.changed(item);
    void this.#work();
  }

  cancel(item: Item): void {
    if (item.final && item.state !== "problem") return;
    const { asset } = item;
    this.#settle(item, "cancelled");
    this.#forget(asset);
  }

  refuse(item: Item, problem: string): void {
    item.problem = problem;
    this.#settle(item, "problem");
  }

  /** Prepares files one after the other, never many more than are being sent. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let item = this.#next(); item; item = this.#next()) await this.#begin(item);
    this.#working = false;
  }

  #next(): Item | undefined {
    const busy = this.items.filter((item) => item.uppy && !item.final).length;
    return this.paused || busy >= FILES_AT_ONCE ? undefined : this.items.find((item) => item.state === "waiting");
  }

  async #begin(item: Item): Promise<void> {
    this.#enter(item, "reading");
    try {
      item.sum ||= await this.digest.of(item.file);
      item.asset = await this.#row(item);
      if (this.#cancelled(item)) this.#forget(item.asset);
      else if (this.paused) this.#enter(item, "waiting");
      else if (item.asset.state === "uploading") this.#send(item);
      else this.#settle(item, "there");
    } catch (error) {
      if (!this.#cancelled(item)) await this.#trouble(item, error);
    }
  }

  /** Its row on the server: a new one, or the one of an earlier try with the same bytes. */
  async #row(item: Item): Promise<Asset> {
    if (item.asset) return ask<Asset>("GET", `${this.api}/assets/${item.asset.id}`);
    const { name, caption, sum: sha256 } = item;
    return ask<Asset>("POST", `${this.api}/datasets/${this.dataset}/assets`, { name, bytes: item.file.size, sha256, caption });
  }

  /** Perhaps while something was awaited. */
  #cancelled(item: Item): boolean {
    return item.state === "cancelled";
  }

  #forget(asset: Asset | null): void {
    if (asset?.state === "uploading") ask("DELETE", `${this.api}/assets/${asset.id}`).catch(() => {});
  }

  #send(item: Item): void {
    const asset = item.asset!;
    this.#sizes.set(item.file, asset.part_bytes);
    item.uppy = this.#uppy.addFile({ name: item.name, data: item.file, source: "atelier", meta: { relativePath: `${asset.id}-${Date.now()}` } });
    // Always as if resumed: then the same way is gone by new uploads and unfinished ones.
    this.#uppy.setFileState(item.uppy, { s3Multipart: { uploadId: asset.id, key: item.uppy } } as object);
    this.#enter(item, "sending");
    void this.#uppy.upload();
  }

  #of(id: string): Item {
    const item = this.items.find((each) => each.uppy === id);
    if (!item) throw new DOMException("cancelled", "AbortError");
    return item;
  }

  async #arrived(item: Item): Promise<{ PartNumber: number; ETag: string }[]> {
    const asset = item.asset!;
    asset.arrived ??= (await ask<Asset>("GET", `${this.api}/assets/${asset.id}`)).arrived ?? [];
    const there = asset.arrived;
    // Asked again after a pause: by then more has arrived.
    asset.arrived = undefined;
    item.sent = Math.min(item.file.size, there.length * asset.part_bytes);
    return there.map((number) => ({ PartNumber: number, ETag: "there" }));
  }

  async #link(item: Item, number: number, signal?: AbortSignal): Promise<{ method: "PUT"; url: string; expires: number }> {
    while (!item.links.has(number)) {
      item.signing ??= this.#sign(item, number, signal).finally(() => (item.signing = null));
      await item.signing;
    }
    const url = item.links.get(number)!;
    item.links.delete(number);
    return { method: "PUT", url, expires: LINK_SECONDS };
  }

  /** Some links ahead, so that a large file does not ask for each. They are forgotten before they expire. */
  async #sign(item: Item, first: number, signal?: AbortSignal): Promise<void> {
    const last = Math.min(item.asset!.part_count, first + LINKS_AT_ONCE - 1);
    const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const { parts } = await ask<{ parts: Link[] }>("POST", `${this.api}/assets/${item.asset!.id}/parts`, { numbers }, signal);
    item.links = new Map(parts.map(({ number, url }) => [number, url]));
    const given = item.links;
    setTimeout(() => given.clear(), (LINK_SECONDS / 2) * 1000);
  }

  async #put(options: Parameters<typeof AwsS3.uploadPartBytes>[0]): Promise<{ ETag: string }> {
    try {
      const done = (await AwsS3.uploadPartBytes(options)) as { ETag: string };
      this.watcher.away(false);
      return done;
    } catch (error) {
      if (!options.signal?.aborted) this.watcher.away(true);
      throw error;
    }
  }

  #progress(id: string, bytes: number): void {
    const item = this.items.find((each) => each.uppy === id);
    if (!item || item.final) return;
    item.sent = bytes;
    this.#enter(item, "sending");
  }

  async #failed(id: string, error: unknown): Promise<void> {
    const item = this.items.find((each) => each.uppy === id);
    if (!item || item.final) return;
    this.#leave(item);
    await this.#trouble(item, error);
  }

  /** What is worth another try gets one by itself; the rest is told. */
  async #trouble(item: Item, error: unknown): Promise<void> {
    if (error instanceof Refusal && (error.status === 401 || error.status === 403)) return this.#signedOut(item);
    if (error instanceof Refusal && error.code === "NOT_UPLOADING") return this.again(item);
    const lasting = error instanceof Refusal && error.status < 500 && error.status !== 429 && error.code !== "parts_missing";
    if (lasting) return this.refuse(item, error.message);
    if (!(await readable(item.file))) return this.refuse(item, this.watcher.word("unreadable"));
    this.#enter(item, "stalled");
    this.watcher.away(true);
    setTimeout(() => item.state === "stalled" && !this.paused && this.again(item), STALLED_FOR);
  }

  #signedOut(item: Item): void {
    this.#enter(item, "stalled");
    this.pause();
    this.watcher.signedOut();
  }

  #wake(): void {
    for (const item of this.items) if (item.state === "stalled") this.again(item);
    void this.#work();
  }

  #enter(item: Item, state: State): void {
    item.state = state;
    this.watcher.changed(item);
  }

  #settle(item: Item, state: State): void {
    this.#leave(item);
    if (state === "sent" || state === "there") item.sent = item.file.size;
    this.#enter(item, state);
    void this.#work();
  }

  /** Uppy forgets the file, once it is through with telling of it. */
  #leave(item: Item): void {
    const id = item.uppy;
    item.uppy = "";
    if (id) setTimeout(() => this.#uppy.getFile(id) && this.#uppy.removeFile(id));
  }
}

async function readable(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}
