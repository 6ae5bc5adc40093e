/** @param {string} name @returns {string} with signs that show nothing, or turn the text round, spelled out */
import { t } from "./phrases.js";

function visible(name) {
  const spelled = (sign) => `[U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`;
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, spelled);
}

/** Files by drag and drop, one after the other, each with its progress and its answer in words. */
export class FileDrop extends HTMLElement {
  #listening;
  /** @type {Promise<void>} */
  #turn = Promise.resolve();
  #waiting = 0;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    window.addEventListener("dragover", (event) => this.#over(event, true), { signal });
    window.addEventListener("dragleave", (event) => event.relatedTarget || this.#over(event, false), { signal });
    window.addEventListener("drop", (event) => this.#drop(event), { signal });
    window.addEventListener("beforeunload", (event) => this.#waiting && event.preventDefault(), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  /**
   * @param {DragEvent} event
   * @param {boolean} isOver
   */
  #over(event, isOver) {
    event.preventDefault();
    this.toggleAttribute("data-over", isOver);
  }

  /** @param {DragEvent} event */
  #drop(event) {
    this.#over(event, false);
    this.#take(event.dataTransfer.files);
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const input = this.querySelector("input[type=file]");
    this.#take(input.files);
    input.value = "";
  }

  /** @param {FileList} files */
  #take(files) {
    for (const file of files) {
      const item = this.#item(file.name);
      this.#waiting += 1;
      this.#turn = this.#turn.then(() => this.#send(file, item)).finally(() => this.#done());
    }
  }

  #done() {
    this.#waiting -= 1;
    this.querySelector("[data-after]").hidden = this.#waiting > 0;
  }

  /** @param {string} name */
  #item(name) {
    const item = document.createElement("li");
    item.className = "upload-item";
    const icon = document.createElement("span");
    const title = document.createElement("span");
    const words = document.createElement("span");
    const bar = document.createElement("progress");
    title.className = "upload-name";
    title.dir = "auto";
    title.textContent = title.title = visible(name);
    words.className = "upload-words";
    words.textContent = t("waits");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", t("Progress of %(file)s", { file: visible(name) }));
    item.append(icon, title, words, bar);
    this.querySelector(".upload-list").append(item);
    return item;
  }

  /**
   * @param {File} file
   * @param {HTMLElement} item
   * @returns {Promise<void>} when the file has its answer, whichever
   */
  #send(file, item) {
    const form = this.querySelector("form");
    const data = new FormData(form);
    data.set("files", file);
    const words = item.querySelector(".upload-words");
    words.textContent = t("is sent");
    return new Promise((done) => {
      // XMLHttpRequest, because fetch cannot tell how much was sent.
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRFToken", document.querySelector("meta[name=csrf-token]").content);
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => (item.querySelector("progress").value = event.loaded / event.total));
      request.addEventListener("loadend", () => (this.#answered(item, request), done()));
      request.send(data);
    });
  }

  /**
   * @param {HTMLElement} item
   * @param {XMLHttpRequest} request
   */
  #answered(item, request) {
    const body = request.response;
    const words = item.querySelector(".upload-words");
    item.dataset.tone = { stored: "settled", duplicate: "absent" }[body?.state] ?? "wrong";
    item.dataset.state = body?.state ?? "refused";
    item.querySelector("progress").replaceWith(document.createElement("span"));
    item.firstElementChild.replaceWith(this.#icon(item.dataset.tone));
    words.textContent = body?.sentence ?? body?.error?.message ?? t("Not sent: the server does not answer. Drop it again in a minute.");
    if (!body?.document) return;
    const link = document.createElement("a");
    link.href = body.document;
    link.textContent = body.document_id ? t("Open document %(number)s", { number: body.document_id }) : t("Open");
    item.lastElementChild.append(link);
  }

  /** @param {string} tone */
  #icon(tone) {
    return this.querySelector(`template[data-icon-of="${tone}"]`).content.firstElementChild.cloneNode(true);
  }
}

customElements.define("file-drop", FileDrop);
