/**
 * Sends forms one after the other, and again while the network or the server is away: nothing typed is lost.
 *
 * @typedef {{ok: boolean, status: number, body: any}} Answer
 */
import { t } from "./phrases.js";

const TRY_AGAIN_S = [2, 4, 8, 15, 30];

/**
 * @param {string} address
 * @param {FormData | null} data null asks without changing anything
 * @param {(detail: {since: Date, seconds: number, retry: () => void}) => void} waiting told before each further try
 * @returns {Promise<Answer>} the server's own answer, whatever it says
 */
export async function send(address, data, waiting) {
  const since = new Date();
  const meta = document.querySelector("meta[name=csrf-token]");
  for (let attempt = 0; ; attempt += 1) {
    const headers = { Accept: "application/json", "X-CSRFToken": meta.content };
    try {
      const response = await fetch(address, data ? { method: "POST", body: data, headers } : { headers });
      const isOurs = response.headers.get("Content-Type")?.startsWith("application/json");
      if (isOurs && response.status !== 503) {
        const body = await response.json();
        // Logged in anew in another tab: the same decision again, with the new session's token.
        if (body.csrf_token && data && attempt === 0) {
          meta.content = body.csrf_token;
          data.set("csrf_token", body.csrf_token);
          continue;
        }
        return { ok: response.ok, status: response.status, body };
      }
      if (!isOurs && response.status < 500) {
        const message = t("The answer cannot be read. Reload the page; what was saved is kept.");
        return { ok: false, status: response.status, body: { error: { code: "answer", message } } };
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    const seconds = TRY_AGAIN_S[Math.min(attempt, TRY_AGAIN_S.length - 1)];
    await new Promise((go) => {
      const timer = setTimeout(go, seconds * 1000);
      waiting({ since, seconds, retry: () => (clearTimeout(timer), go()) });
    });
  }
}
