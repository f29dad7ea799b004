// Trying things out: requests are sent with a key that the reader gives, or has made, and that is kept in memory only.

let key = "";
let name = "";
let usable = null; // ids of the operations that the key may use; null where that is not known

const $ = (selector) => document.querySelector(selector);
const menu = $(".menu.key");
const note = $("#key-note");
const NOTE = note.textContent;

const bearer = () => (key ? { authorization: `Bearer ${key}` } : {});
const ask = (path, headers = bearer()) =>
  fetch(path, { headers, credentials: "omit", cache: "no-store", redirect: "error" });

/** Shows everywhere in the page which key there is and what it may use; called for each page that comes. */
export function showKey() {
  $("[data-key-name]").textContent = key ? name : "Use a key";
  for (const each of document.querySelectorAll(".keyless")) each.hidden = Boolean(key);
  $("[data-forget]").hidden = !key;
  $(".only").hidden = !usable;
  for (const each of document.querySelectorAll("[data-operation]")) {
    const lacking = usable !== null && !usable.has(each.dataset.operation);
    each.toggleAttribute("data-lacking", lacking);
    const told = each.querySelector(".lacking");
    if (told) told.hidden = !lacking;
  }
  document.body.toggleAttribute("data-only", Boolean(usable) && $("#only").checked);
}

/** Takes a key into use, once the server has said that it is one; the message for people otherwise. */
async function use(text) {
  if (!/^[\x21-\x7e]+$/.test(text)) return "A key has only letters, digits and underscores.";
  const headers = { authorization: `Bearer ${text}` };
  try {
    const answer = await ask("/v1/me", headers);
    const { data, message } = await answer.json();
    if (!answer.ok) return message;
    const described = await ask("/openapi.json", headers);
    usable = described.ok ? operations(await described.json()) : null;
    key = text;
    name = data.name;
    showKey();
    note.textContent = `In use: ${data.prefix}…, ${data.scopes.join(", ") || "no scopes"}.`;
    return "";
  } catch {
    return "The server cannot be reached.";
  }
}

function operations({ paths }) {
  const all = Object.values(paths).flatMap((methods) => Object.values(methods));
  return new Set(all.map(({ operationId }) => operationId));
}

function forget() {
  key = name = "";
  usable = null;
  note.textContent = NOTE;
  showKey();
}

/** Has the server make a key for an hour for whoever is signed in; the message for people where it does not. */
async function generate() {
  const asked = await fetch("/settings/test-token", { redirect: "manual", cache: "no-store" });
  if (asked.type === "opaqueredirect") return "Sign in first, at /settings/api-keys, and come back.";
  if (!asked.ok) return asked.status === 403 ? "You may not manage API keys." : "That did not work. Try again in a moment.";
  const { token } = await asked.json();
  const made = await fetch("/settings/test-token", { method: "POST", body: new URLSearchParams({ token }), redirect: "error" });
  if (!made.ok) return "That did not work. Try again in a moment.";
  const { key: text, problem } = await made.json();
  return problem ?? use(text);
}

async function tell(working) {
  note.textContent = "One moment …";
  const problem = await working.catch(() => "The server cannot be reached.");
  if (!problem) return true;
  note.textContent = problem;
  menu.open = true;
  return false;
}

document.addEventListener("submit", async (event) => {
  if (event.target.id === "key-form") {
    event.preventDefault();
    const field = $("#key");
    if (field.value.trim() && (await tell(use(field.value.trim())))) {
      field.value = "";
      menu.open = false;
    }
  } else if (event.target.matches("form.try")) {
    event.preventDefault();
    await send(event.target);
  }
});

document.addEventListener("change", ({ target }) => target.id === "only" && showKey());

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-forget]")) forget();
  else if (event.target.closest("[data-open-key]")) openMenu();
  else if (event.target.closest("[data-generate]")) await tell(generate());
  else if (!event.target.closest(".menu.key")) menu.open = false;
});

function openMenu() {
  setTimeout(() => {
    menu.open = true;
    $("#key").focus();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

/** The request as the form has it: what is empty is left out. */
function requestOf(form) {
  const { method } = form.dataset;
  const given = { path: {}, query: new URLSearchParams(), header: {} };
  for (const { name, value, dataset } of form.querySelectorAll("[data-place]")) {
    if (dataset.place === "query" && value) given.query.append(name, value);
    if (dataset.place === "path") given.path[name] = value;
    if (dataset.place === "header" && value) given.header[name] = value;
  }
  const path = form.dataset.path.replace(/\{(\w+)\}/g, (_, each) => encodeURIComponent(given.path[each]));
  const body = form.elements.body?.value.trim();
  const headers = { ...given.header, ...bearer(), ...(body && { "content-type": "application/json" }) };
  return [given.query.size ? `${path}?${given.query}` : path, { method, headers, body: body || undefined }];
}

async function send(form) {
  const outcome = form.querySelector(".outcome");
  const result = form.querySelector(".result");
  const [path, request] = requestOf(form);
  outcome.textContent = "Sending …";
  const started = performance.now();
  try {
    const answer = await fetch(path, { ...request, credentials: "omit", cache: "no-store", redirect: "error" });
    const text = await answer.text();
    const milliseconds = Math.round(performance.now() - started);
    outcome.innerHTML = `<span class="status" data-kind="${Math.floor(answer.status / 100)}">${answer.status}</span>`;
    outcome.append(` ${milliseconds} ms, ${new Blob([text]).size} bytes`);
    result.querySelector(".headers").textContent = [...answer.headers].map((pair) => pair.join(": ")).join("\n");
    result.querySelector(".body").textContent = pretty(text) || "There is no body.";
    result.hidden = false;
  } catch {
    outcome.textContent = "The server cannot be reached.";
    result.hidden = true;
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

showKey();
