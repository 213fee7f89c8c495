/** The page that verifies a dropped model. What it says stands in the page; this file asks the worker and fills it in. */
import { whereverDropped } from "./lib/dropping";
import { Words } from "./lib/words";
import type { Certificate } from "./lib/licensing/certificate";
import { instant } from "./lib/licensing/fields";
import type { Values } from "./lib/licensing/findings";
import type { Json } from "./lib/licensing/json";
import type { Answer, Question, Step } from "./lib/licensing/verify";

const BESIDE = /\.cert\.json$/i;
const STEPS: Step[] = ["file", "certificate", "tensors", "list", "time"];

interface Told {
  read?: number;
  answer?: Answer;
  trouble?: string;
}

class Check {
  readonly #words: Words;
  #worker: Worker | null = null;
  #model: File | null = null;

  constructor(readonly root: HTMLElement) {
    this.#words = new Words(root);
    void this.#begin();
  }

  async #begin(): Promise<void> {
    if (!(await able())) return this.#trouble("unable");
    this.#one("[data-files]").addEventListener("change", (event) => this.#chosen(event.target as HTMLInputElement));
    this.#one("[data-stop]").addEventListener("click", () => this.#stop());
    whereverDropped(this.#one("[data-drop]"), (transfer) => void this.#take([...transfer.files]));
    this.#one("[data-drop]").inert = false;
  }

  #one<T extends HTMLElement = HTMLElement>(selector: string): T {
    return this.root.querySelector<T>(selector)!;
  }

  #chosen(input: HTMLInputElement): void {
    const files = [...(input.files ?? [])];
    input.value = "";
    void this.#take(files);
  }

  async #take(files: File[]): Promise<void> {
    this.#stop();
    const model = files.find(({ name }) => !BESIDE.test(name));
    if (!model) return;
    this.#model = model;
    this.#show("reading");
    this.#one("[data-name]").textContent = model.name;
    this.#read(0);
    const question = await this.#question(model, files.find(({ name }) => BESIDE.test(name)) ?? null);
    if (this.#model !== model) return;
    if (!question.root) return this.#trouble("rootless");
    this.#ask(question as Question);
  }

  async #question(model: File, beside: File | null): Promise<Omit<Question, "root"> & { root: Uint8Array | null }> {
    const { root, list, terms } = this.root.dataset;
    const number = this.#one<HTMLInputElement>("[name=licensee]").valueAsNumber;
    return {
      model,
      beside,
      root: await this.#bytes("root", root!),
      revocations: await this.#bytes("list", list!),
      licensee: Number.isSafeInteger(number) && number > 0 ? number : null,
      now: Date.now(),
      words: JSON.parse(document.getElementById(terms!)!.textContent!),
    };
  }

  /** The reader's own file, where she chose one; otherwise what we publish. */
  async #bytes(name: string, url: string): Promise<Uint8Array | null> {
    const own = this.#one<HTMLInputElement>(`[name=${name}]`).files?.[0];
    try {
      const found = own ?? (await fetch(url));
      return own || (found as Response).ok ? new Uint8Array(await found.arrayBuffer()) : null;
    } catch {
      return null;
    }
  }

  #ask(question: Question): void {
    this.#worker = new Worker(this.root.dataset.worker!, { type: "module" });
    this.#worker.onerror = () => this.#trouble("unreadable");
    this.#worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.answer) this.#answered(data.answer);
      else if (data.trouble) this.#trouble(data.trouble);
      else this.#read(data.read!);
    };
    this.#worker.postMessage(question);
  }

  #read(bytes: number): void {
    const size = this.#model!.size;
    this.#one<HTMLProgressElement>("[data-bar]").value = bytes / Math.max(1, size);
    this.#one("[data-read]").textContent = this.#words.say("read", { read: this.#words.size(bytes), all: this.#words.size(size) });
  }

  #answered(answer: Answer): void {
    this.#end();
    const result = this.#one("[data-result]");
    result.dataset.finding = answer.code;
    this.#one("[data-code]").textContent = answer.code;
    this.#one("[data-sentence]").textContent = this.#sentence(answer);
    this.#one("[data-whose]").textContent = this.#model!.name;
    for (const step of STEPS) this.#mark(step, answer);
    this.#facts(answer.certificate);
    this.#show("result");
    result.focus();
  }

  /** Strangers' words may hold what cannot be seen, and stand as what they are. */
  #sentence({ word, values }: Answer): string {
    const shown = Object.entries(values as Values).map(([name, value]) => {
      const known = typeof value === "string" && value.startsWith("@") ? this.#words.say(value.slice(1)) : String(value);
      return [name, known.replace(/\p{C}/gu, "\ufffd")];
    });
    return this.#words.say(word, Object.fromEntries(shown));
  }

  #mark(step: Step, { held, failed }: Answer): void {
    const state = failed === step ? "no" : held.includes(step) ? "yes" : "open";
    const line = this.#one(`[data-step="${step}"]`);
    line.className = state;
    line.querySelector("[data-state]")!.textContent = this.#words.say(`step.${state}`);
  }

  #facts(known: Certificate | null): void {
    this.#one("[data-facts]").hidden = this.#one("[data-terms]").hidden = !known;
    if (!known) return;
    const [grantor, offering] = ["grantor", "offering"].map((name) => String(known.terms.get(name)));
    const use = known.use && [known.use.get("stage"), ...["media", "territories"].map((name) => (known.use!.get(name) as string[]).join(", "))].join("; ");
    const until = known.ends === null ? this.#words.say("endless") : this.#day(known.ends);
    const said: Record<string, string | null> = { ...(known as object as Record<string, string>), licensee: String(known.licensee), grantor, offering, use, until };
    Object.assign(said, { issued: this.#day(known.issued), from: this.#day(known.begins) });
    for (const place of this.root.querySelectorAll<HTMLElement>("[data-fact]")) {
      const value = said[place.dataset.fact!];
      place.closest<HTMLElement>("div")!.hidden = value === null;
      place.textContent = value ?? "";
    }
    this.#one("[data-lines]").textContent = [...known.terms].sort().map(([name, value]) => `${name.padEnd(18)} ${plain(value)}`).join("\n");
  }

  #day(at: number): string {
    return `${new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" }).format(at)} (${instant(at)})`;
  }

  #trouble(word: string): void {
    this.#end();
    this.#show("trouble");
    this.#one("[data-trouble] p").textContent = this.#words.say(word);
  }

  #stop(): void {
    this.#end();
    this.#model = null;
    this.#show("");
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #show(name: "" | "reading" | "result" | "trouble"): void {
    for (const each of ["reading", "result", "trouble"]) this.#one(`[data-${each}]`).hidden = each !== name;
  }
}

function plain(value: Json): string {
  return JSON.stringify(value instanceof Map ? Object.fromEntries(value) : value);
}

/** Whether this browser can check an Ed25519 signature; outside of https none can. */
async function able(): Promise<boolean> {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "Ed25519" }, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

for (const root of document.querySelectorAll<HTMLElement>("[data-verify]")) new Check(root);
