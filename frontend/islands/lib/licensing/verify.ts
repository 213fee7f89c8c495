/** Whether a model file is what its certificate says, and may still be used. As licensing/verify.py, one finding for each thing that is wrong. */
import { CERTIFICATE, CERTIFICATE_LIMIT, openCertificate, type Certificate } from "./certificate";
import { instant } from "./fields";
import { Rejected, type Finding, type Values } from "./findings";
import { openRevocations, readRevocations, requireFresh, requireUnnamed, type Revocations } from "./revocations";
import { dataDigest, readHeader } from "./tensors";
import type { Words } from "./terms";
import { newest, readSealed, rootFromPem, type Sealed } from "./trust";

const KEY = "atelier.certificate";

export interface Question {
  model: Blob;
  /** The certificate from a file of its own, which counts only where the model carries none. */
  beside: Blob | null;
  root: Uint8Array;
  /** Null: nothing is known about revocation, and the answer says so. */
  revocations: Uint8Array | null;
  licensee: number | null;
  /** Milliseconds. */
  now: number;
  words: Words;
}

/** What an answer stands on, in the order in which it is looked at. */
export type Step = "file" | "certificate" | "tensors" | "list" | "time";

export interface Answer {
  code: Finding;
  word: string;
  values: Values;
  held: Step[];
  /** Where it ended. */
  failed: Step | null;
  /** Once its signature and its tensors are right. */
  certificate: Certificate | null;
}

type Good = Pick<Answer, "word" | "values">;

export async function verify(question: Question, read: (bytes: number) => void): Promise<Answer> {
  const check = new Check(question);
  try {
    return { code: "OK", ...(await check.all(read)), held: check.held, failed: null, certificate: check.certificate };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    const { finding: code, word, values } = error;
    return { code, word, values, held: check.held, failed: check.at, certificate: check.certificate };
  }
}

class Check {
  readonly held: Step[] = [];
  at: Step = "file";
  certificate: Certificate | null = null;

  constructor(readonly question: Question) {}

  async all(read: (bytes: number) => void): Promise<Good> {
    const { model, beside, root, revocations, words } = this.question;
    const header = await readHeader(model);
    this.#now("certificate");
    const sealed = await carried(header.notes.get(KEY), beside);
    const listed = revocations && readRevocations(revocations);
    const keys = await newest(rootFromPem(root), [sealed, listed]);
    const certificate = await openCertificate(sealed, keys, words);
    this.#now("tensors");
    // Nothing before this needs the data, so that only what has a certificate is read to its end.
    if ((await dataDigest(header, model, read)) !== certificate.tensors) throw new Rejected("TAMPERED", "tensors");
    this.#now("list");
    this.certificate = certificate;
    return this.#judged(certificate, listed && (await openRevocations(listed, keys)));
  }

  #now(next: Step): void {
    this.held.push(this.at);
    this.at = next;
  }

  /** The sentence of a good answer; every other is thrown. */
  #judged(certificate: Certificate, list: Revocations | null): Good {
    const { licensee, now } = this.question;
    const values = { licence: certificate.licence, licensee: certificate.licensee };
    this.at = "time";
    if (licensee !== null && certificate.licensee !== licensee) throw new Rejected("WRONG_LICENSEE", "licensee", { ...values, asked: licensee });
    if (now < certificate.issued) throw new Rejected("CLOCK_BEFORE_ISSUE", "clock", { what: CERTIFICATE, issued: instant(certificate.issued), now: instant(now) });
    this.at = "list";
    if (list) requireUnnamed(list, certificate);
    this.at = "time";
    if (certificate.ends !== null && now >= certificate.ends) throw new Rejected("EXPIRED", "ended", { ...values, ends: instant(certificate.ends) });
    this.#now("list");
    if (!list) return { word: "good.unlisted", values };
    requireFresh(list, now);
    this.held.push("list");
    return { word: "good", values: { ...values, serial: list.serial } };
  }
}

async function carried(inside: string | undefined, beside: Blob | null): Promise<Sealed> {
  if (inside === undefined && !beside) throw new Rejected("NO_CERTIFICATE", "none");
  const data = inside === undefined ? new Uint8Array(await beside!.slice(0, CERTIFICATE_LIMIT + 1).arrayBuffer()) : new TextEncoder().encode(inside);
  return readSealed(data, CERTIFICATE_LIMIT, CERTIFICATE);
}
