// The editor's preview while somebody types. Without this file the buttons "Check" and "Save draft" do the same.
"use strict";
(() => {
  const form = document.getElementById("protocol-editor");
  if (!form) return;
  const at = (id) => document.getElementById(id);
  const text = at("id_document");
  const WAIT = 350; // milliseconds after the last key
  let timer = 0;
  let running = null;
  let changed = false;
  let leaving = false;

  function schedule() {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  }

  async function ask() {
    if (running) running.abort();
    const mine = (running = new AbortController());
    at("protocol-preview").setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        signal: mine.signal,
      });
      if (!answer.ok) throw new Error(answer.statusText);
      show(await answer.json());
    } catch (error) {
      if (error.name === "AbortError") return;
      at("protocol-status").textContent = "The preview could not be made. What you typed is still here: press Check to try again.";
    }
  }

  // Only what the server rendered and escaped is set as HTML; what it says beside a field is set as text.
  function show(said) {
    at("protocol-faults").innerHTML = said.faults;
    at("protocol-lines").innerHTML = said.lines;
    const preview = at("protocol-preview");
    preview.removeAttribute("aria-busy");
    if (said.preview !== null) preview.innerHTML = said.preview;
    const stale = said.preview === null && preview.querySelector("svg, table") !== null;
    preview.classList.toggle("desk-stale", stale);
    at("preview-age").hidden = !stale;
    for (const number of form.querySelectorAll("[data-number]")) {
      const path = number.dataset.number;
      beside(number, said.beside[path] || [], said.says[path] || "");
    }
    if (text.readOnly && text.value !== said.document) text.value = said.document;
    numberLines();
    at("protocol-status").textContent = said.status;
  }

  function beside(number, texts, says) {
    const input = number.querySelector("input");
    const list = number.querySelector(".desk-error");
    number.querySelector(".desk-help").textContent = says;
    number.classList.toggle("desk-number-blank", !input.value.trim());
    list.replaceChildren(...texts.map((said) => Object.assign(document.createElement("li"), { textContent: said })));
    number.classList.toggle("desk-number-bad", texts.length > 0);
    if (texts.length) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (texts.length) openAround(number);
  }

  function openAround(element) {
    for (let box = element.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  }

  function numberLines() {
    const lines = text.value.split("\n").length;
    text.rows = lines;
    at("line-numbers").textContent = Array.from({ length: lines }, (_, index) => index + 1).join("\n");
  }

  function goToLine(line) {
    openAround(text);
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    text.focus({ preventScroll: true });
    text.setSelectionRange(start, start + (lines[line - 1] || "").length);
    const frame = text.parentElement;
    frame.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, line - 4);
    frame.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || !form.contains(link)) return;
    const target = at(link.getAttribute("href").slice(1));
    if (!target) return;
    event.preventDefault();
    if (link.dataset.line) goToLine(Number(link.dataset.line));
    else {
      openAround(target);
      target.focus();
    }
  });
  form.addEventListener("input", (event) => {
    if (event.target === text) numberLines();
    schedule();
  });
  // Enter in a field checks at once and keeps the focus there; without this file it sends the form to the same end.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    clearTimeout(timer);
    ask();
  });
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
    if (running) running.abort();
  });
  addEventListener("beforeunload", (event) => {
    if (changed && !leaving) event.preventDefault();
  });
})();
