// What the documentation does beyond links: one language everywhere, copying, finding in the contents, and pages that
// are changed in place, so that a key, which lives in this page's memory alone, stays for the next one.
import { showKey } from "./trying.js";

const LANGUAGE = "leadgraph-docs-language";
const content = () => document.getElementById("content");
const nav = document.getElementById("nav");
const search = document.getElementById("search");

// Languages

function choose(language) {
  for (const tab of document.querySelectorAll(`.languages input[value="${CSS.escape(language)}"]`)) tab.checked = true;
}

function remembered() {
  try {
    return localStorage.getItem(LANGUAGE) ?? "curl";
  } catch {
    return "curl"; // storage may be switched off
  }
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches(".languages input")) return;
  const before = target.closest(".languages").getBoundingClientRect().top;
  choose(target.value);
  scrollBy({ top: target.closest(".languages").getBoundingClientRect().top - before, behavior: "instant" });
  try {
    localStorage.setItem(LANGUAGE, target.value);
  } catch {
    // it is not remembered then
  }
});

// Copying

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const code = button.closest("figure").querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
});

// Finding in the contents

function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const link of nav.querySelectorAll("a")) {
    const fits = words.every((word) => link.dataset.words.includes(word));
    link.parentElement.hidden = !fits;
    found += fits;
  }
  for (const group of nav.querySelectorAll("details, ul, h2")) {
    const within = group.matches("h2") ? upTo(group, "h2") : [group];
    group.hidden = !within.some((each) => each.querySelector("li:not([hidden])"));
  }
  for (const group of nav.querySelectorAll("details")) {
    group.open = words.length ? true : Boolean(group.querySelector("[aria-current]"));
  }
  nav.querySelector(".nothing").hidden = found > 0;
}

function upTo(heading, selector) {
  const found = [];
  for (let each = heading.nextElementSibling; each && !each.matches(selector); each = each.nextElementSibling) found.push(each);
  return found;
}

search.addEventListener("input", find);
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  search.focus();
});

// Going from page to page

async function show(url) {
  const answer = await fetch(url, { credentials: "omit" });
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  content().replaceWith(document.adoptNode(page.getElementById("content")));
  document.title = page.title;
  document.getElementById("contents").checked = false;
  arrive();
}

function arrive() {
  choose(remembered());
  showKey();
  mark();
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) target.scrollIntoView({ behavior: "instant" });
  else scrollTo({ top: 0, behavior: "instant" });
}

/** Marks the place in the contents: the page, or the operation that the address names. */
function mark() {
  const here = location.pathname + location.hash;
  for (const link of nav.querySelectorAll("a")) {
    const address = link.pathname + link.hash;
    if (address === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    const group = link.closest("details");
    if (group && link.pathname === location.pathname) group.open = true;
  }
  nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

let shown = location.pathname + location.search;

async function go(url) {
  const address = url.pathname + url.search;
  if (address === shown) return arrive();
  shown = address;
  await show(url).catch(() => location.assign(url));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !/^\/docs(\/|$)/.test(url.pathname)) return;
  event.preventDefault();
  if (url.href !== location.href) history.pushState(null, "", url);
  go(url).then(() => !url.hash && content().focus({ preventScroll: true }));
});
document.querySelector(".search").addEventListener("submit", (event) => {
  event.preventDefault();
  const url = new URL("/docs/search", location.origin);
  url.searchParams.set("q", search.value);
  history.pushState(null, "", url);
  go(url);
});
addEventListener("popstate", () => go(new URL(location.href)));

choose(remembered());
mark();
