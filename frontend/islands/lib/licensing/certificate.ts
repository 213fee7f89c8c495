/** The certificate of one handed-over file: an in-toto Statement v1 about its tensors. As licensing/certificate.py. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { digest, identifier, moment, optional, record, text, whole, wrong, type Place } from "./fields";
import { Malformed } from "./findings";
import { canonical, parseCanonical, type Json } from "./json";
import { readTerms, readUse, type Terms, type Words } from "./terms";
import { openSealed, requirePeriod, type KeyList, type Sealed } from "./trust";

export const CERTIFICATE_LIMIT = 256 << 10;
export const CERTIFICATE = "@certificate";
const TYPE = "application/vnd.in-toto+json";
const STATEMENT = "https://in-toto.io/Statement/v1";
const PREDICATE = "https://atelier.example/licence-certificate/v1";
const SUFFIX = "#tensors";
const LONGEST_NAME = 200;
const NAMES = ["id", "licence", "terms", "licensee", "begins_at", "ends_at", "dataset", "consents", "training", "fingerprint", "layout", "use", "issued_at", "terms_id", "base", "key"];

export interface Certificate {
  id: string;
  name: string;
  tensors: string;
  licence: string;
  terms: Terms;
  termsId: string;
  licensee: number;
  begins: number;
  ends: number | null;
  base: string;
  dataset: string | null;
  consents: string | null;
  training: string | null;
  fingerprint: string | null;
  layout: string;
  use: Map<string, Json> | null;
  issued: number;
}

/** What is certified, once a listed key signed it in its own time. */
export async function openCertificate(sealed: Sealed, keys: KeyList, words: Words): Promise<Certificate> {
  const [payload, key] = await openSealed(sealed, TYPE, "certificates", keys, CERTIFICATE);
  const certificate = fromStatement(parseCanonical(payload, CERTIFICATE_LIMIT, CERTIFICATE), key.public.id, words);
  requirePeriod(key, certificate.issued, CERTIFICATE);
  return certificate;
}

function at(field: string): Place {
  return { what: CERTIFICATE, field };
}

function fromStatement(statement: Json, key: string, words: Words): Certificate {
  const outer = record(statement, ["_type", "subject", "predicateType", "predicate"], at(""));
  if (outer.get("_type") !== STATEMENT || outer.get("predicateType") !== PREDICATE) throw new Malformed("statement");
  const said = record(outer.get("predicate"), NAMES, at("predicate"));
  const read = { ...subject(outer.get("subject")), ...predicate(said, words) };
  const derived = ["terms_id", "base", "key"].map((name) => said.get(name));
  if (derived[0] !== read.termsId || derived[1] !== read.base || derived[2] !== key) throw new Malformed("contradiction");
  if (read.issued < read.begins || (read.ends !== null && read.issued >= read.ends)) throw new Malformed("outside");
  return read;
}

function predicate(said: Map<string, Json>, words: Words): Omit<Certificate, "name" | "tensors"> {
  const terms = readTerms(said.get("terms"), words);
  const of = <T>(name: string, check: (value: Json, place: Place) => T): T | null => optional(said.get(name), check, at(name));
  return {
    id: identifier(said.get("id"), at("id")),
    licence: identifier(said.get("licence"), at("licence")),
    terms,
    termsId: `sha256:${bytesToHex(sha256(canonical(terms)))}`,
    licensee: whole(said.get("licensee"), 1, at("licensee")),
    begins: moment(said.get("begins_at"), at("begins_at")),
    ends: of("ends_at", moment),
    base: terms.get("base_digest") as string,
    dataset: of("dataset", digest),
    consents: of("consents", digest),
    training: of("training", digest),
    fingerprint: of("fingerprint", identifier),
    layout: identifier(said.get("layout"), at("layout")),
    use: of("use", readUse),
    issued: moment(said.get("issued_at"), at("issued_at")),
  };
}

function subject(subjects: Json | undefined): { name: string; tensors: string } {
  const place = at("subject");
  const only = Array.isArray(subjects) && subjects.length === 1 ? record(subjects[0], ["name", "digest"], place) : wrong(place);
  const named = text(only.get("name"), place);
  const hex = record(only.get("digest"), ["sha256"], place).get("sha256");
  if (!named.endsWith(SUFFIX) || typeof hex !== "string") return wrong(place);
  return { name: text(named.slice(0, -SUFFIX.length), place, LONGEST_NAME), tensors: digest(`sha256:${hex}`, place) };
}
