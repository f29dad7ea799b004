// What the settings page does beyond links and forms: dialogs, menus, ticking many scopes at once, copying.

const dialog = document.getElementById("dialog");
const closest = (event, selector) => event.target.closest?.(selector);

// htmx fills the dialog with a confirmation; an answer that fills the page closes it.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target === dialog && !dialog.open) dialog.showModal();
  if (target.id === "content" && dialog.open) dialog.close();
});
document.addEventListener("htmx:afterSettle", ({ detail: { target } }) => {
  if (target.id === "content") openIssued();
  if (document.activeElement === document.body) target.focus();
});

/** The key that was just made, in the page as an open dialog: as a modal one once there is JavaScript. */
function openIssued() {
  const issued = document.getElementById("issued");
  if (!issued) return;
  issued.open = false;
  issued.showModal();
  issued.addEventListener("close", () => issued.remove()); // and with it the key
}

document.addEventListener("click", (event) => {
  const menu = closest(event, "details.menu");
  for (const other of document.querySelectorAll("details.menu[open]")) if (other !== menu) other.open = false;
  if (menu && closest(event, "a, button")) {
    menu.open = false;
    menu.querySelector("summary").focus(); // where the focus goes back to from a dialog
  }

  const dismiss = closest(event, "[data-dismiss]");
  if (dismiss?.closest("dialog")) {
    event.preventDefault();
    dismiss.closest("dialog").close();
  }
  const copy = closest(event, "[data-copy]");
  if (copy) copySecret(copy);
  const preset = closest(event, "[data-preset]");
  if (preset) tick(preset.form, preset.dataset.preset.split(" "));
  const all = closest(event, "[data-all]");
  if (all) tickAll(all.closest(all.dataset.all));
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && closest(event, "details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

/** Copies the key; where the browser does not let us (a plain http: address), selects it to be copied by hand. */
async function copySecret(button) {
  const secret = button.closest("dialog, .panel").querySelector(".secret");
  const code = secret.querySelector(":scope > code");
  const said = button.closest("dialog, .panel").querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(code.textContent);
    said.textContent = "Copied";
  } catch {
    secret.open = true;
    getSelection().selectAllChildren(code);
    said.textContent = "Selected: copy it with your keyboard";
  }
}

const boxes = (within) => [...within.querySelectorAll("input[name=scopes]")];

function tick(form, scopes) {
  for (const box of boxes(form)) box.checked = scopes.includes(box.value);
  count();
}

/** Ticks all that says something of its own: what another one includes is left. Unticks all where all are ticked. */
function tickAll(within) {
  const main = boxes(within).filter((box) => !box.closest(".fine"));
  const on = !main.every((box) => box.checked);
  for (const box of boxes(within)) box.checked = on && main.includes(box);
  count();
}

/** How many scopes are ticked, wherever that is told. */
function count() {
  for (const told of document.querySelectorAll("[data-count]")) {
    const ticked = boxes(told.closest("form")).filter((box) => box.checked).length;
    told.textContent = ticked ? `${ticked} selected` : "none selected";
  }
}

document.addEventListener("change", count);
document.addEventListener("DOMContentLoaded", () => {
  count();
  openIssued();
});
document.addEventListener("htmx:load", count);
