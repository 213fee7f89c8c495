/** Fields that must be what they are called. As licensing/strict.py; every refusal is a Malformed. */
import { Malformed } from "./findings";
import type { Json } from "./json";

export type Fields = Map<string, Json>;

/** What a field is, for the sentence: the document, a word of the page, and the field's name in it. */
export interface Place {
  what: string;
  field: string;
}

export function wrong({ what, field }: Place): never {
  throw new Malformed(field ? "wrong.field" : "wrong", { what, field });
}

export function record(value: Json | undefined, names: readonly string[], at: Place): Fields {
  if (!(value instanceof Map)) return wrong(at);
  const odd = [...names.filter((name) => !value.has(name)), ...[...value.keys()].filter((name) => !names.includes(name))];
  if (odd.length) throw new Malformed("names", { what: at.what, names: odd.sort().join(", ").slice(0, 200) });
  return value;
}

export function version(value: Json | undefined, known: number, what: string): void {
  if (value !== known) throw new Malformed("version", { what, known });
}

export function whole(value: Json | undefined, least: number, at: Place, most = Number.MAX_SAFE_INTEGER): number {
  return typeof value === "number" && value >= least && value <= most ? value : wrong(at);
}

export function flag(value: Json | undefined, at: Place): boolean {
  return typeof value === "boolean" ? value : wrong(at);
}

/** One line that can be printed. Its length counts characters, not halves of them. */
export function text(value: Json | undefined, at: Place, longest = 300): string {
  const fits = typeof value === "string" && /^(?: |[^\p{C}\p{Z}])+$/u.test(value) && [...value].length <= longest;
  return fits ? value : wrong(at);
}

export function shaped(value: Json | undefined, shape: RegExp, at: Place): string {
  return typeof value === "string" && shape.test(value) ? value : wrong(at);
}

export function identifier(value: Json | undefined, at: Place): string {
  return shaped(value, /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$/, at);
}

export function digest(value: Json | undefined, at: Place): string {
  return shaped(value, /^sha256:[0-9a-f]{64}$/, at);
}

/** Standard base64 with padding, in its one canonical spelling. */
export function base64(value: Json | undefined, at: Place): Uint8Array {
  const spelt = typeof value === "string" ? value : wrong(at);
  const decoded = decode(spelt) ?? wrong(at);
  return btoa(decoded) === spelt ? Uint8Array.from(decoded, (character) => character.charCodeAt(0)) : wrong(at);
}

function decode(spelt: string): string | null {
  try {
    return atob(spelt);
  } catch {
    return null;
  }
}

/** A sorted list without repetition. */
export function listed(value: Json | undefined, item: (each: Json, at: Place) => string, at: Place): string[] {
  const items = Array.isArray(value) ? value.map((each) => item(each, at)) : wrong(at);
  return items.some((each, place) => place > 0 && !before(items[place - 1], each)) ? wrong(at) : items;
}

/** By characters, as Python sorts: halves of pairs would come before some whole ones. */
function before(one: string, other: string): boolean {
  const [left, right] = [[...one], [...other]];
  const place = left.findIndex((character, at) => character !== right[at]);
  if (place < 0) return left.length < right.length;
  return place < right.length && left[place].codePointAt(0)! < right[place].codePointAt(0)!;
}

/** UTC to the second, as milliseconds. */
export function moment(value: Json | undefined, at: Place): number {
  const said = shaped(value, /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, at);
  const found = Date.parse(said);
  return !Number.isNaN(found) && instant(found) === said ? found : wrong(at);
}

/** The form that moment() reads. */
export function instant(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

export function optional<T>(value: Json | undefined, check: (value: Json, at: Place) => T, at: Place): T | null {
  return value === null ? null : check(value!, at);
}
