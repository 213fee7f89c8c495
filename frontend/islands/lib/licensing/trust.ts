/** Signed documents and whom we believe: DSSE envelopes, a root that is pinned, and its list of working keys. As licensing/{dsse,keys,trust}.py. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { base64, instant, listed, moment, record, text, version, whole, wrong, type Place } from "./fields";
import { Malformed, Rejected } from "./findings";
import { parse, parseCanonical, type Json } from "./json";

const KEYS_TYPE = "application/vnd.atelier.keys+json";
const KEYS = "@keys";
const KEY_BYTES = 32;
/** What stands before the 32 bytes in the one DER form of an Ed25519 public key (RFC 8410, section 4). */
const DER_HEAD = "302a300506032b6570032100";
const PEM = /-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/g;
const MOST_KEYS = 200;
const ROOT_LIMIT = 64 << 10;
const LONGEST_TYPE = 100;
const ROLES = ["certificates", "checkpoints", "revocations"] as const;
export type Role = (typeof ROLES)[number];

export interface PublicKey {
  raw: Uint8Array;
  /** The SHA-256 of its 32 bytes, in hexadecimal. */
  id: string;
}

interface WorkingKey {
  public: PublicKey;
  roles: string[];
  begins: number;
  ends: number;
}

export interface KeyList {
  serial: number;
  keys: WorkingKey[];
}

/** Read, but not believed: only opened() gives out what was signed. */
interface Envelope {
  type: string;
  payload: Uint8Array;
  key: string;
  signature: Uint8Array;
}

/** A signed document as it travels, with the list of keys that says whose signature counts. */
export interface Sealed {
  envelope: Envelope;
  keys: Envelope;
}

/** Thrown where the browser cannot check an Ed25519 signature. */
export class Unable extends Error {}

export function readSealed(data: Uint8Array, limit: number, what: string): Sealed {
  const fields = record(parse(data, limit, what), ["version", "envelope", "keys"], { what, field: "" });
  version(fields.get("version"), 1, what);
  return { envelope: envelope(fields.get("envelope"), what), keys: envelope(fields.get("keys"), KEYS) };
}

function envelope(value: Json | undefined, what: string): Envelope {
  const fields = record(value, ["payload", "payloadType", "signatures"], { what, field: "" });
  const signatures = fields.get("signatures");
  if (!Array.isArray(signatures) || signatures.length !== 1) throw new Malformed("signatures", { what });
  const signature = record(signatures[0], ["keyid", "sig"], { what, field: "signatures" });
  return {
    type: text(fields.get("payloadType"), { what, field: "payloadType" }, LONGEST_TYPE),
    payload: base64(fields.get("payload"), { what, field: "payload" }),
    key: text(signature.get("keyid"), { what, field: "keyid" }, LONGEST_TYPE),
    signature: base64(signature.get("sig"), { what, field: "sig" }),
  };
}

/** The payload, once `key` signed it as being of this type. */
async function opened(sealed: Envelope, type: string, key: PublicKey, what: string): Promise<Uint8Array> {
  if (sealed.type !== type) throw new Malformed("type", { what, found: sealed.type, known: type });
  if (!(await verifies(key, sealed.signature, signed(sealed)))) throw new Rejected("TAMPERED", "signature", { what });
  return sealed.payload;
}

/** DSSE's pre-authentication encoding: neither the type nor the payload can grow into the other. */
function signed({ type, payload }: Envelope): Uint8Array<ArrayBuffer> {
  const kind = new TextEncoder().encode(type);
  const head = new TextEncoder().encode(`DSSEv1 ${kind.length} ${type} ${payload.length} `);
  const whole = new Uint8Array(head.length + payload.length);
  whole.set(head);
  whole.set(payload, head.length);
  return whole;
}

async function verifies(key: PublicKey, signature: Uint8Array, message: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const imported = await ours(key.raw);
  return crypto.subtle.verify("Ed25519", imported, Uint8Array.from(signature), message);
}

async function ours(raw: Uint8Array): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("raw", Uint8Array.from(raw), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new Unable();
  }
}

/** The keys in a text with one or more PEM blocks, and any words around them. */
export function rootFromPem(pem: Uint8Array): PublicKey[] {
  const blocks = pem.length <= ROOT_LIMIT ? [...new TextDecoder().decode(pem).matchAll(PEM)] : [];
  if (!blocks.length) throw new Malformed("root.none");
  return blocks.map(([, block]) => publicKey(der(block.replace(/\s/g, ""))));
}

function der(block: string): Uint8Array {
  const raw = base64(block, { what: "@root", field: "" });
  if (!bytesToHex(raw).startsWith(DER_HEAD)) throw new Malformed("root.kind");
  return raw.subarray(DER_HEAD.length / 2);
}

function publicKey(raw: Uint8Array): PublicKey {
  return raw.length === KEY_BYTES ? { raw, id: bytesToHex(sha256(raw)) } : wrong({ what: "@root", field: "" });
}

/** The list that counts, of all that are at hand: a newer one takes a stolen key out of all older documents. */
export async function newest(root: PublicKey[], sealed: (Sealed | null)[]): Promise<KeyList> {
  let found: KeyList | null = null;
  for (const each of sealed) {
    const list = each && (await keyList(root, each.keys));
    if (list && (!found || list.serial > found.serial)) found = list;
  }
  return found!;
}

async function keyList(root: PublicKey[], sealed: Envelope): Promise<KeyList> {
  const signer = root.find((key) => key.id === sealed.key);
  if (!signer) throw new Rejected("UNKNOWN_KEY", "root.other", { key: sealed.key.slice(0, 16) });
  const payload = parseCanonical(await opened(sealed, KEYS_TYPE, signer, KEYS), ROOT_LIMIT, KEYS);
  const fields = record(payload, ["version", "serial", "keys"], { what: KEYS, field: "" });
  version(fields.get("version"), 1, KEYS);
  const listed = fields.get("keys");
  if (!Array.isArray(listed) || listed.length > MOST_KEYS) return wrong({ what: KEYS, field: "keys" });
  const keys = listed.map(workingKey);
  if (new Set(keys.map((key) => key.public.id)).size !== keys.length) return wrong({ what: KEYS, field: "keys" });
  return { serial: whole(fields.get("serial"), 1, { what: KEYS, field: "serial" }), keys };
}

function workingKey(value: Json): WorkingKey {
  const at = (field: string): Place => ({ what: KEYS, field });
  const fields = record(value, ["public", "roles", "begins_at", "ends_at"], at("keys"));
  const [begins, ends] = ["begins_at", "ends_at"].map((name) => moment(fields.get(name), at(name)));
  if (begins >= ends) return wrong(at("ends_at"));
  return { public: publicKey(base64(fields.get("public"), at("public"))), roles: listed(fields.get("roles"), role, at("roles")), begins, ends };
}

function role(value: Json, at: Place): string {
  return ROLES.includes(value as Role) ? (value as string) : wrong(at);
}

/** What was signed, and by which of the keys that may sign it. */
export async function openSealed(sealed: Sealed, type: string, duty: Role, keys: KeyList, what: string): Promise<[Uint8Array, WorkingKey]> {
  const key = keys.keys.find((each) => each.public.id === sealed.envelope.key && each.roles.includes(duty));
  if (!key) throw new Rejected("UNKNOWN_KEY", "key.unlisted", { what, key: sealed.envelope.key.slice(0, 16), role: duty });
  return [await opened(sealed.envelope, type, key.public, what), key];
}

/** A key is known only for what was issued in its own time. */
export function requirePeriod(key: WorkingKey, issued: number, what: string): void {
  if (key.begins <= issued && issued < key.ends) return;
  throw new Rejected("UNKNOWN_KEY", "key.period", { what, issued: instant(issued), begins: instant(key.begins), ends: instant(key.ends) });
}
