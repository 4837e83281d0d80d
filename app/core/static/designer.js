// What script adds to the designer of surveys: reasons move at once, by button or by hand, and nothing typed is left behind.
// The order of a list is the order of its hidden fields, so moving an item in the page is all there is to it.

const form = document.querySelector("form[data-guarded]");
const moved = document.querySelector("[data-moved]");
let leaving = false;

form.addEventListener("input", (event) => {
  if (!event.target.closest?.(".look-choice")) noteChange();
});

function noteChange() {
  form.dataset.changed = "";
  form.querySelector("[data-unsaved]").hidden = false;
}

// Words that name somebody need other words for when nobody is known: the field for these is there at once.
form.addEventListener("input", ({ target }) => {
  if (!target.matches?.(".words textarea:last-of-type") || !/\{(account|first_name|product|touchpoint)\}/.test(target.value)) return;
  const note = document.createElement("p");
  note.className = "words-instead";
  note.textContent = "Instead, when that is not known:";
  const more = target.cloneNode();
  more.removeAttribute("id");
  more.ariaLabel = `${target.ariaLabel}, when a name is not known`;
  target.after(note, more);
});

form.addEventListener("submit", (event) => {
  if (event.submitter?.formTarget !== "preview") leaving = true;
});

addEventListener("beforeunload", (event) => {
  if ("changed" in form.dataset && !leaving) event.preventDefault();
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-move]");
  const item = button?.closest("[data-item]");
  if (!item) return;
  event.preventDefault();
  const beside = button.dataset.move < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!beside) return;
  button.dataset.move < 0 ? beside.before(item) : beside.after(item);
  settle(item);
  (button.disabled ? item.querySelector("button[data-move]:enabled") : button)?.focus();
});

function settle(item) {
  const list = item.parentElement;
  for (const each of list.children) {
    const [up, down] = each.querySelectorAll(":scope > .driver-row button[data-move]");
    up.disabled = each === list.firstElementChild;
    down.disabled = each === list.lastElementChild;
  }
  item.classList.add("moved");
  item.addEventListener("animationend", () => item.classList.remove("moved"), { once: true });
  moved.textContent = `${item.dataset.item} is number ${[...list.children].indexOf(item) + 1} of ${list.children.length}`;
  form.dispatchEvent(new Event("input"));
  noteChange();
}

let held = null;
for (const handle of form.querySelectorAll(".handle")) {
  const item = handle.closest("[data-item]");
  handle.hidden = false;
  handle.addEventListener("dragstart", (event) => {
    held = item;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", item.dataset.item);
    event.dataTransfer.setDragImage(item, 0, 0);
    item.classList.add("moving");
  });
  handle.addEventListener("dragend", () => {
    item.classList.remove("moving");
    if (held === item) settle(item);
    held = null;
  });
}

form.addEventListener("dragover", (event) => {
  if (!held) return;
  const over = [...held.parentElement.children].find((each) => each.contains(event.target));
  if (!over || over === held) return;
  event.preventDefault();
  const { top, height } = over.getBoundingClientRect();
  event.clientY < top + height / 2 ? over.before(held) : over.after(held);
});

form.addEventListener("drop", (event) => {
  if (held) event.preventDefault();
});
