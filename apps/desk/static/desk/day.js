// The day sheet: a session's bar is dragged, or moved by the arrow keys in steps of 15 minutes; Enter asks what would
// change, and nothing is saved before "Confirm". Without this file the "Move" link leads to the booking page.
"use strict";
(() => {
  const STEP = 15;
  const dialog = document.getElementById("day-move");
  let moving = null;

  const two = (number) => String(number).padStart(2, "0");

  // Wall time: minutes are added on the clock's face; the server knows the zone and refuses an hour that is none.
  function later(start, minutes) {
    const [day, clock] = start.split("T");
    const [hours, rest] = clock.split(":").map(Number);
    const whole = hours * 60 + rest + minutes;
    if (whole < 0 || whole >= 24 * 60) return null;
    return `${day}T${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
  }

  function minutesOf(bar) {
    return Number(bar.closest(".day-sessions").dataset.minutes);
  }

  // Shows the bar `shift` minutes from where it is booked, the day's axis being the bound.
  function show(bar, shift) {
    const start = Number(bar.dataset.minute), most = Number(bar.getAttribute("aria-valuemax"));
    const bound = Math.max(-start, Math.min(most - start, shift));
    const at = later(bar.dataset.start, bound);
    if (at === null) return;
    bar.dataset.shift = String(bound);
    bar.style.left = `${(100 * (start + bound)) / minutesOf(bar)}%`;
    bar.setAttribute("aria-valuenow", String(start + bound));
    bar.setAttribute("aria-valuetext", at.slice(11));
    bar.classList.toggle("day-dragging", bound !== 0);
  }

  const shiftOf = (bar) => Number(bar.dataset.shift || 0);

  async function preview(bar) {
    const at = later(bar.dataset.start, shiftOf(bar));
    if (!dialog || at === null || !shiftOf(bar)) return;
    const answer = await fetch(`${bar.dataset.move}?starts_at=${encodeURIComponent(at)}`, {
      headers: { "X-Day-Fragment": "1" }, credentials: "same-origin",
    });
    if (!answer.ok || answer.redirected) { window.location.assign(`${bar.dataset.move}?starts_at=${encodeURIComponent(at)}`); return; }
    dialog.innerHTML = await answer.text();
    moving = bar;
    dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    const bar = event.target.closest?.(".day-bar[data-move]");
    if (!bar || event.ctrlKey || event.altKey || event.metaKey) return;
    const steps = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageUp: 4 * STEP, PageDown: -4 * STEP };
    if (event.key in steps) show(bar, shiftOf(bar) + steps[event.key]);
    else if (event.key === "Home" || event.key === "Escape") show(bar, 0);
    else if (event.key === "Enter" || event.key === " ") preview(bar);
    else return;
    event.preventDefault();
  });

  document.addEventListener("pointerdown", (event) => {
    const bar = event.target.closest?.(".day-bar[data-move]");
    if (!bar || event.button !== 0) return;
    const from = event.clientX, already = shiftOf(bar), wide = bar.parentElement.getBoundingClientRect().width;
    const perStep = (wide * STEP) / minutesOf(bar);
    bar.setPointerCapture(event.pointerId);
    const drag = (move) => show(bar, already + Math.round((move.clientX - from) / perStep) * STEP);
    const stop = (release) => {
      bar.removeEventListener("pointermove", drag);
      bar.removeEventListener("pointerup", stop);
      bar.removeEventListener("pointercancel", stop);
      if (release.type === "pointercancel") show(bar, already);
      else if (shiftOf(bar) !== already) preview(bar);
    };
    bar.addEventListener("pointermove", drag);
    bar.addEventListener("pointerup", stop);
    bar.addEventListener("pointercancel", stop);
  });

  dialog?.addEventListener("click", (event) => { if (event.target.closest("[data-close]")) dialog.close(); });
  dialog?.addEventListener("close", () => {
    if (!moving) return;
    show(moving, 0);
    moving.focus();
    moving = null;
  });

  const print = document.getElementById("day-print");
  if (print) { print.hidden = false; print.addEventListener("click", () => window.print()); }

  // The board is made anew by itself, but never under somebody's hand.
  const board = document.querySelector("#board[data-refresh]");
  if (board) {
    window.setInterval(async () => {
      if (document.hidden || board.contains(document.activeElement)) return;
      const answer = await fetch(window.location.href, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("board");
      if (fresh && !board.contains(document.activeElement)) { board.innerHTML = fresh.innerHTML; window.htmx?.process(board); }
    }, Number(board.dataset.refresh) * 1000);
  }
})();
