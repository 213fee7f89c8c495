/** The signed list of what was taken back. As licensing/revocations.py. */
import type { Certificate } from "./certificate";
import { digest, identifier, instant, listed, moment, record, version, whole, type Place } from "./fields";
import { Rejected } from "./findings";
import { parseCanonical } from "./json";
import { openSealed, readSealed, requirePeriod, type KeyList, type Sealed } from "./trust";

const TYPE = "application/vnd.atelier.revocations+json";
const LIMIT = 32 << 20;
const LONGEST_AGE_SECONDS = 366 * 86_400;
const WHAT = "@list";
const NAMES = ["version", "serial", "issued_at", "max_age_seconds", "licences", "certificates", "models"];

export interface Revocations {
  serial: number;
  issued: number;
  /** Seconds. */
  age: number;
  licences: string[];
  certificates: string[];
  models: string[];
}

export function readRevocations(data: Uint8Array): Sealed {
  return readSealed(data, 2 * LIMIT, WHAT);
}

export async function openRevocations(sealed: Sealed, keys: KeyList): Promise<Revocations> {
  const [payload, key] = await openSealed(sealed, TYPE, "revocations", keys, WHAT);
  const said = record(parseCanonical(payload, LIMIT, WHAT), NAMES, { what: WHAT, field: "" });
  const at = (field: string): Place => ({ what: WHAT, field });
  version(said.get("version"), 1, WHAT);
  const revocations = {
    serial: whole(said.get("serial"), 1, at("serial")),
    issued: moment(said.get("issued_at"), at("issued_at")),
    age: whole(said.get("max_age_seconds"), 1, at("max_age_seconds"), LONGEST_AGE_SECONDS),
    licences: listed(said.get("licences"), identifier, at("licences")),
    certificates: listed(said.get("certificates"), identifier, at("certificates")),
    models: listed(said.get("models"), digest, at("models")),
  };
  requirePeriod(key, revocations.issued, WHAT);
  return revocations;
}

export function requireUnnamed({ serial, ...list }: Revocations, certificate: Certificate): void {
  const named = list.licences.includes(certificate.licence)
    ? ["licence", certificate.licence]
    : list.certificates.includes(certificate.id)
      ? ["certificate", certificate.id]
      : list.models.includes(certificate.tensors)
        ? ["model", certificate.tensors]
        : null;
  if (named) throw new Rejected("REVOKED", `revoked.${named[0]}`, { id: named[1], serial });
}

export function requireFresh(list: Revocations, now: number): void {
  const values = { what: WHAT, issued: instant(list.issued), now: instant(now) };
  if (list.issued > now) throw new Rejected("CLOCK_BEFORE_ISSUE", "clock", values);
  if (now - list.issued > list.age * 1000) throw new Rejected("LIST_STALE", "stale", { ...values, hours: Math.floor(list.age / 3600) });
}
