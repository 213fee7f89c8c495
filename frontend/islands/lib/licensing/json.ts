/** JSON that can be read in one way only, and its one canonical form (RFC 8785). As licensing/strict.py and canonical.py. */
import { Malformed } from "./findings";

export type Json = null | boolean | number | string | Json[] | Map<string, Json>;

/** Deeper than anything that is known goes; every document that is nested further would be refused for what it holds. */
const DEEPEST = 60;
const LITERALS = new Map<string, Json>([["true", true], ["false", false], ["null", null]]);
const ESCAPES: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const LONGEST_NUMBER = String(-Number.MAX_SAFE_INTEGER).length;

class Unclear extends Error {}

/** Without doubled names, fractions, numbers beyond 2^53, or halves of characters. `what` is a word of the page: "@certificate". */
export function parse(data: Uint8Array, limit: number, what: string): Json {
  if (data.length > limit) throw new Malformed("larger", { what, limit });
  try {
    return new Reader(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data)).whole();
  } catch (error) {
    throw new Malformed("unclear", { what, why: `@${error instanceof Unclear ? error.message : "json.text"}` });
  }
}

/** As parse(), and the bytes must be the canonical form, so that nobody can say one thing in two ways. */
export function parseCanonical(data: Uint8Array, limit: number, what: string): Json {
  const value = parse(data, limit, what);
  const written = canonical(value);
  if (written.length !== data.length || written.some((byte, at) => byte !== data[at])) throw new Malformed("uncanonical", { what });
  return value;
}

export function canonical(value: Json): Uint8Array {
  return new TextEncoder().encode(written(value));
}

function written(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (!(value instanceof Map)) return JSON.stringify(value);
  return `{${[...value.keys()].sort().map((name) => `${JSON.stringify(name)}:${written(value.get(name)!)}`).join(",")}}`;
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  whole(): Json {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.text.length) throw new Unclear("json.text");
    return value;
  }

  #value(depth: number): Json {
    if (depth > DEEPEST) throw new Unclear("json.text");
    this.#space();
    const next = this.text[this.#at];
    if (next === "{") return this.#object(depth);
    if (next === "[") return this.#list(depth);
    if (next === '"') return this.#string();
    return this.#literal();
  }

  #object(depth: number): Map<string, Json> {
    const found = new Map<string, Json>();
    this.#each("}", () => {
      this.#space();
      const name = this.#string();
      // JSON readers differ in which of two equal names they keep.
      if (found.has(name)) throw new Unclear("json.twice");
      this.#space();
      this.#take(":");
      found.set(name, this.#value(depth + 1));
    });
    return found;
  }

  #list(depth: number): Json[] {
    const found: Json[] = [];
    this.#each("]", () => found.push(this.#value(depth + 1)));
    return found;
  }

  #each(end: string, one: () => void): void {
    this.#at++;
    this.#space();
    if (this.text[this.#at] === end) return void this.#at++;
    for (;;) {
      one();
      this.#space();
      if (this.text[this.#at] !== ",") return this.#take(end);
      this.#at++;
    }
  }

  #string(): string {
    this.#take('"');
    let found = "";
    for (;;) {
      const plain = this.#match(/[^"\\\u0000-\u001f]*/y);
      found += plain;
      const next = this.text[this.#at++];
      if (next === '"') break;
      if (next !== "\\") throw new Unclear("json.text");
      found += this.#escape();
    }
    if (/\p{Surrogate}/u.test(found)) throw new Unclear("json.half");
    return found;
  }

  #escape(): string {
    const letter = this.text[this.#at++] ?? "";
    if (letter !== "u") return ESCAPES[letter] ?? this.#stop("json.text");
    const digits = this.#match(/[0-9a-fA-F]{4}/y);
    return String.fromCharCode(parseInt(digits || this.#stop("json.text"), 16));
  }

  #literal(): Json {
    const word = this.#match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null|NaN|-?Infinity/y);
    if (LITERALS.has(word)) return LITERALS.get(word)!;
    if (!/^-?[0-9]+$/.test(word)) return this.#stop(word ? "json.whole" : "json.text");
    if (word.length > LONGEST_NUMBER || !Number.isSafeInteger(Number(word))) this.#stop("json.large");
    return Number(word) + 0; // -0 is 0
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #space(): void {
    this.#match(/[ \t\n\r]*/y);
  }

  #take(character: string): void {
    if (this.text[this.#at++] !== character) throw new Unclear("json.text");
  }

  #stop(why: string): never {
    throw new Unclear(why);
  }
}
