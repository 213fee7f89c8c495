/** What a verifier may find, by the words of `python -m licensing verify`, and the one error that carries a finding and its sentence. */
export type Finding =
  | "OK"
  | "TAMPERED"
  | "WRONG_LICENSEE"
  | "EXPIRED"
  | "REVOKED"
  | "LIST_STALE"
  | "CLOCK_BEFORE_ISSUE"
  | "UNKNOWN_KEY"
  | "NO_CERTIFICATE"
  | "MALFORMED";

export type Values = Record<string, string | number>;

/** `word` names the sentence, which stands in the page; `values` fill it. A value "@list" is a word of the page itself. */
export class Rejected extends Error {
  constructor(
    readonly finding: Finding,
    readonly word: string,
    readonly values: Values = {},
  ) {
    super(word);
  }
}

/** It cannot even be read, so that nothing it says counts. */
export class Malformed extends Rejected {
  constructor(word: string, values: Values = {}) {
    super("MALFORMED", word, values);
  }
}
