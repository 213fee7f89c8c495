/** Terms and declared uses, read as licensing/terms.py and context.py read them: every field there, each of its own kind, in one form only. */
import { flag, digest, listed, optional, record, text, whole, wrong, type Place } from "./fields";
import type { Json } from "./json";

/** The words that terms may use. The page brings them, so that they stand in one place only. */
export interface Words {
  stages: string[];
  media: string[];
  likeness: string[];
  currencies: string[];
  territories: string[];
}

type Check = (value: Json, at: Place, words: Words) => unknown;
const WORLD = "WORLD";
const LONGEST_TEXT = 300;
const LONGEST_PERIOD_DAYS = 36_525;
const WHOLE_BPS = 10_000;
const WHAT = "@certificate";

const VERSION = 2;
/** The version that a field came with, when it was not the first. */
const SINCE: Record<string, number> = { priority: 2, concurrent_trainings: 2 };

const CHECKS: Record<string, Check> = {
  version,
  grantor: line,
  offering: line,
  base_digest: digest,
  stages: (value, at, words) => among(value, words.stages, at),
  commercial: flag,
  media: (value, at, words) => among(value, words.media, at),
  territories: (value, at, words) => {
    const named = among(value, words.territories, at);
    return named.includes(WORLD) && named.length > 1 ? wrong(at) : named;
  },
  period_days: (value, at) => optional(value, (days) => whole(days, 1, at, LONGEST_PERIOD_DAYS), at),
  seats: (value, at) => whole(value, 1, at),
  may_train: flag,
  training_seconds: count,
  max_rank: count,
  max_steps: count,
  max_resolution: count,
  max_clips: count,
  may_download: flag,
  may_download_base: flag,
  may_sublicense: flag,
  may_merge: flag,
  may_sell_outputs: flag,
  revenue_cap: (value, at, words) => optional(value, (cap) => money(cap, at, words), at),
  likeness: (value, at, words) => one(value, words.likeness, at),
  credit_line: (value, at) => optional(value, line, at),
  titles_excluded: (value, at) => listed(value, line, at),
  royalty_bps: (value, at) => whole(value, 0, at, WHOLE_BPS),
  priority: flag,
  concurrent_trainings: (value, at) => whole(value, 1, at),
};

export type Terms = Map<string, Json>;

export function readTerms(value: Json | undefined, words: Words): Terms {
  const at: Place = { what: WHAT, field: "terms" };
  const said = version(value instanceof Map ? value.get("version") : undefined, at);
  const checks = Object.entries(CHECKS).filter(([name]) => (SINCE[name] ?? 1) <= said);
  const terms = record(value, checks.map(([name]) => name), at);
  for (const [name, check] of checks) check(terms.get(name)!, { what: WHAT, field: `terms.${name}` }, words);
  if (terms.get("may_sell_outputs") && !terms.get("commercial")) wrong({ what: WHAT, field: "terms.may_sell_outputs" });
  return terms;
}

/** What the project declared at handover. */
export function readUse(value: Json): Map<string, Json> {
  const at: Place = { what: WHAT, field: "use" };
  const use = record(value, ["stage", "media", "territories", "commercial"], at);
  text(use.get("stage"), at);
  for (const name of ["media", "territories"]) listed(use.get(name), text, at);
  flag(use.get("commercial"), at);
  return use;
}

/** A name that carried invisible characters could forge a clause of the text. */
function line(value: Json, at: Place): string {
  const said = typeof value === "string" && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(value) ? value : wrong(at);
  const fits = said !== "" && said === said.trim() && said === said.normalize("NFC") && [...said].length <= LONGEST_TEXT;
  return fits ? said : wrong(at);
}

/** Which version of the terms these are: it says which fields there are. */
function version(value: Json | undefined, at: Place): number {
  return whole(value, 1, at, VERSION);
}

function count(value: Json, at: Place): number {
  return whole(value, 0, at);
}

function one(value: Json, known: string[], at: Place): string {
  return known.includes(value as string) ? (value as string) : wrong(at);
}

function among(value: Json, known: string[], at: Place): string[] {
  return listed(value, (each) => one(each, known, at), at);
}

function money(value: Json, at: Place, words: Words): void {
  const fields = record(value, ["amount", "currency"], at);
  whole(fields.get("amount"), 1, at);
  one(fields.get("currency")!, words.currencies, at);
}
