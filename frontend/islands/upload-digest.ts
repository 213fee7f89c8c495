/** A worker: the SHA-256 of a file, a piece at a time, so that a file of any size costs a few megabytes. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { pieces } from "./lib/pieces";

self.addEventListener("message", async ({ data: file }: MessageEvent<File>) => {
  try {
    const sum = sha256.create();
    for await (const piece of pieces(file)) sum.update(piece);
    self.postMessage({ sum: bytesToHex(sum.digest()) });
  } catch {
    self.postMessage({});
  }
});
