/** Our API as the signed-in reader: retried while the connection is away, refusals as errors with the sentence to show. */
const DELAYS = [500, 1000, 2000, 4000, 8000, 8000];

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

export async function ask<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  for (let tried = 0; ; tried++) {
    try {
      return await once<T>(method, url, body, signal);
    } catch (error) {
      const again = error instanceof Refusal ? error.status >= 500 || error.status === 429 : !signal?.aborted;
      if (!again || tried >= DELAYS.length) throw error;
      await new Promise((done) => setTimeout(done, DELAYS[tried]));
      signal?.throwIfAborted();
    }
  }
}

async function once<T>(method: string, url: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { "X-CSRFToken": token(), "Accept-Language": document.documentElement.lang };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (answer.ok) return said as T;
  throw new Refusal(answer.status, String(said.code ?? ""), String(said.detail ?? answer.status));
}

/** Read anew each time: signing in again, perhaps in another window, changes it. */
function token(): string {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}
