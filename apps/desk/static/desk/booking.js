// Arrow keys in the month, and the chosen day marked after its times came. Without this file every day is a plain link.
"use strict";
(() => {
  const month = document.querySelector("[data-month]");
  if (!month) return;
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  const cells = [...month.querySelectorAll("td")];
  const links = () => cells.map((cell) => cell.querySelector("a"));

  // One stop of the Tab key for the whole grid; the arrows move within it.
  function stopAt(link) {
    for (const other of links()) if (other) other.tabIndex = other === link ? 0 : -1;
  }

  function beyond(found, from, step) {
    for (let at = from + step; at >= 0 && at < found.length; at += step) if (found[at]) return found[at];
    return null;
  }

  month.addEventListener("keydown", (event) => {
    const found = links();
    const from = found.indexOf(event.target.closest("a"));
    if (from < 0) return;
    let next = null;
    if (event.key in STEPS) next = beyond(found, from, STEPS[event.key]);
    else if (event.key === "Home") next = found.slice(from - (from % 7), from + 1).find(Boolean);
    else if (event.key === "End") next = found.slice(from, from - (from % 7) + 7).reverse().find(Boolean);
    else return;
    event.preventDefault();
    if (!next) return;
    stopAt(next);
    next.focus();
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const day = document.getElementById("booking-day");
    if (!day || event.detail.requestConfig?.elt?.closest("[data-month]") !== month) return;
    for (const cell of cells) cell.removeAttribute("aria-selected");
    event.detail.requestConfig.elt.closest("td").setAttribute("aria-selected", "true");
    day.focus({ preventScroll: true });
    day.scrollIntoView({ block: "nearest" });
  });

  stopAt(month.querySelector('[aria-selected="true"] a') || month.querySelector(".desk-day-good a") || links().find(Boolean));
})();
