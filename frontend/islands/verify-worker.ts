/** A worker: reads a model to its end and says what its certificate is worth. Nothing of it leaves this machine. */
import { verify, type Question } from "./lib/licensing/verify";
import { Unable } from "./lib/licensing/trust";

const TOLD_EVERY = 100; // ms

self.addEventListener("message", async ({ data: question }: MessageEvent<Question>) => {
  let told = 0;
  const read = (bytes: number): void => {
    if (performance.now() - told < TOLD_EVERY) return;
    told = performance.now();
    self.postMessage({ read: bytes });
  };
  try {
    self.postMessage({ answer: await verify(question, read) });
  } catch (error) {
    self.postMessage({ trouble: error instanceof Unable ? "unable" : "unreadable" });
  }
});
