/** The tensor digest of a safetensors file, as licensing/tensors.py: SHA-256 over the canonical header without its notes, then the data. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { pieces } from "../pieces";
import { Malformed } from "./findings";
import { canonical, parse, type Json } from "./json";

const HEADER_LIMIT = 1 << 20;
const MOST_DIMENSIONS = 16;
const LENGTH_BYTES = 8;
const WHAT = "@header";
const NOTES = "__metadata__";
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,299}$/;
const FIELDS = ["data_offsets", "dtype", "shape"];
const BITS = new Map<Json | undefined, bigint>(
  Object.entries({
    8: ["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"],
    16: ["I16", "U16", "F16", "BF16"],
    32: ["I32", "U32", "F32"],
    64: ["I64", "U64", "F64", "C64"],
  }).flatMap(([bits, names]) => names.map((name) => [name, BigInt(bits)] as const)),
);

export interface Header {
  notes: Map<string, string>;
  /** Without its notes. */
  canonical: Uint8Array;
  /** Where the data begins in the file, which has been found to be as long as the header says. */
  begins: number;
}

/** Reads no more than it must. What the header claims to be long is not read before it is found to be short enough. */
export async function readHeader(file: Blob): Promise<Header> {
  const length = new DataView((await exactly(file, 0, LENGTH_BYTES)).buffer).getBigUint64(0, true);
  if (length < 2n || length > HEADER_LIMIT) throw new Malformed("header.long", { length: String(length), limit: HEADER_LIMIT });
  const raw = await exactly(file, LENGTH_BYTES, Number(length));
  if (raw[0] !== "{".charCodeAt(0)) throw new Malformed("header.begin");
  const tensors = parse(raw, HEADER_LIMIT, WHAT) as Map<string, Json>;
  const notes = metadata(tensors.get(NOTES));
  tensors.delete(NOTES);
  const spans = [...tensors].map(([name, entry]) => span(name, entry));
  const begins = LENGTH_BYTES + raw.length;
  const over = file.size - begins - joined(spans);
  if (over > 0) throw new Malformed("data.over");
  if (over < 0) throw new Malformed("data.short", { missing: -over });
  return { notes, canonical: canonical(tensors), begins };
}

export async function dataDigest(header: Header, file: Blob, read: (bytes: number) => void): Promise<string> {
  const sum = sha256.create().update(header.canonical);
  let at = header.begins;
  for await (const piece of pieces(file.slice(header.begins))) {
    sum.update(piece);
    read((at += piece.length));
  }
  return `sha256:${bytesToHex(sum.digest())}`;
}

async function exactly(file: Blob, at: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const found = new Uint8Array(await file.slice(at, at + count).arrayBuffer());
  if (found.length !== count) throw new Malformed("header.cut");
  return found;
}

function metadata(value: Json | undefined): Map<string, string> {
  if (value === undefined) return new Map();
  if (!(value instanceof Map) || [...value.values()].some((each) => typeof each !== "string")) throw new Malformed("header.notes");
  return value as Map<string, string>;
}

/** Where the tensor's bytes lie, once they are as many as its shape needs. */
function span(name: string, entry: Json): [number, number] {
  if (!NAME.test(name) || name.includes("..")) throw new Malformed("tensor.name", { name: name.slice(0, 60) });
  if (!(entry instanceof Map) || entry.size !== FIELDS.length || !FIELDS.every((field) => entry.has(field))) throw new Malformed("tensor.entry", { name });
  const [offsets, dtype, shape] = FIELDS.map((field) => entry.get(field)!);
  const bits = BITS.get(dtype);
  if (bits === undefined) throw new Malformed("tensor.format", { name });
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS || !Array.isArray(offsets) || offsets.length !== 2) throw new Malformed("tensor.entry", { name });
  const sides = counts(shape) ? shape : null;
  if (!sides || !counts(offsets)) throw new Malformed("tensor.whole", { name });
  const [begin, end] = offsets;
  const bytes = (sides.reduce((all, side) => all * BigInt(side), 1n) * bits) / 8n;
  if (BigInt(end - begin) !== bytes) throw new Malformed("tensor.size", { name });
  return [begin, end];
}

function counts(numbers: Json[]): numbers is number[] {
  return numbers.every((each) => typeof each === "number" && each >= 0);
}

/** How many bytes the spans cover, once they follow each other without gap or overlap from 0 on. */
function joined(spans: [number, number][]): number {
  spans.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  let at = 0;
  for (const [begin, end] of spans) {
    if (begin !== at) throw new Malformed("tensor.gap");
    at = end;
  }
  return at;
}
