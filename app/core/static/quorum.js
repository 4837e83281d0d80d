// What script adds to pages that work without it: heads that stick to the window where a table fits, arrow keys between
// rows, menus that close, work in progress that moves.

const tables = new ResizeObserver((boxes) => {
  for (const { target } of boxes) {
    const fits = target.firstElementChild.offsetWidth <= target.clientWidth;
    target.toggleAttribute("data-fits", fits);
    target.tabIndex = fits ? -1 : 0;
  }
});
for (const box of document.querySelectorAll(".table-box")) tables.observe(box);

const STEPS = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" };
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return closeMenus(null);
  const row = event.target.closest?.(".table-box tbody tr");
  const step = STEPS[event.key];
  if (!row || !step || event.target.matches("input, select, textarea")) return;
  const target = row[step]?.querySelector("a, button, input");
  if (!target) return;
  event.preventDefault();
  target.focus();
});

document.addEventListener("click", (event) => closeMenus(event.target));

function closeMenus(within) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (within && menu.contains(within)) continue;
    if (menu.contains(document.activeElement) && !within) menu.querySelector("summary").focus();
    menu.open = false;
  }
}

for (const part of document.querySelectorAll("[data-live]")) follow(part);

async function follow(part) {
  while (part.dataset.live) {
    await new Promise((resolve) => setTimeout(resolve, part.dataset.live * 1000));
    if (!document.hidden) await freshen(part);
  }
}

async function freshen(part) {
  const response = await fetch(location.href).catch(() => null);
  if (!response) return; // no network just now: the work goes on at the server, so does the asking
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = response.ok && !response.redirected && page.getElementById(part.id);
  if (!fresh?.dataset.live) return location.reload(); // done, or logged out: the whole page has something new to say
  replaceContent(part, fresh);
}

function replaceContent(part, fresh) {
  const found = (selector) => [...part.querySelectorAll(selector)];
  const open = found("details").map((one) => one.open);
  const scrolled = found(".table-box").map((box) => [box.scrollLeft, box.scrollTop]);
  const focused = found("a, button, summary, input, [tabindex]").indexOf(document.activeElement);
  part.replaceChildren(...fresh.childNodes);
  found("details").forEach((one, at) => (one.open ||= open[at]));
  found(".table-box").forEach((box, at) => {
    [box.scrollLeft, box.scrollTop] = scrolled[at] ?? [0, 0];
    tables.observe(box);
  });
  if (focused >= 0) found("a, button, summary, input, [tabindex]")[focused]?.focus({ preventScroll: true });
}

// A part of the page that echoes a form: the page is asked for anew with what is typed, and that part of it is taken.
for (const form of document.querySelectorAll("form[data-echo]")) {
  let wait;
  let asked = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(wait);
    if (!event.target.matches("[type=file], textarea")) wait = setTimeout(echo, 400);
  });
  async function echo() {
    const mine = ++asked;
    const body = new FormData(form);
    body.set("do", "try");
    body.delete("file");
    const response = await fetch(form.action, { method: "POST", body }).catch(() => null);
    if (!response?.ok || response.redirected || mine !== asked) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    document.getElementById(form.dataset.echo).replaceChildren(...page.getElementById(form.dataset.echo).childNodes);
  }
}

// A preview beside a form follows what is typed: each button that fills a frame says where the frame's page comes from.
for (const form of document.querySelectorAll("form[data-preview]")) {
  let wait;
  form.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => fillFrames(form), 300);
  });
  if (form.dataset.preview === "now") window.addEventListener("load", () => fillFrames(form));
}

async function fillFrames(form) {
  for (const button of form.querySelectorAll("button[formtarget]")) {
    const response = await fetch(button.formAction, { method: "POST", body: new FormData(form) }).catch(() => null);
    const frame = document.getElementsByName(button.formTarget)[0].contentWindow;
    if (!response?.ok || response.redirected) continue;
    // Put in place, not navigated to: the way back stays one step. The frame's own parser knows the frame's policy.
    const fresh = new frame.DOMParser().parseFromString(await response.text(), "text/html");
    frame.document.replaceChild(fresh.documentElement, frame.document.documentElement);
  }
}

// A form of files knows how much the server takes: what is too large is told before it is sent, and not after.
for (const form of document.querySelectorAll("form[data-largest]")) {
  form.addEventListener("submit", (event) => {
    const input = form.querySelector("[type=file]");
    const size = [...input.files].reduce((sum, file) => sum + file.size, 0);
    const tooLarge = size > form.dataset.largest * 1024 * 1024;
    document.getElementById(`fault-${input.name}`).hidden = !tooLarge;
    if (!tooLarge) return;
    event.preventDefault();
    input.setAttribute("aria-invalid", "true");
    input.focus();
  });
}
