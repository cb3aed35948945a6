// Keeps a page right while things happen: fetches it again when the log moves, or every few seconds where it has no log,
// unless somebody is writing in it.
// Without this script the page is the same, and shows the news when it is opened again.
const POLL_MS = 15000; // while no stream comes through
const PATIENCE_MS = 10000; // a proxy may hold a stream back without closing it
const main = document.querySelector("main[data-live], main[data-every]");
const note = document.getElementById("polled");
// what was refused stands at the address that took the form, which may answer no GET
const here = new URL(main?.dataset.page ?? "", location.href);
const LINKS = ["href", "src", "action", "formaction"];
let isWriting = main?.hasAttribute("data-typed") ?? false;
let timer = 0;
let polls = 0;

// makes links that count from the page's address right where it is shown
function lead(fresh) {
  for (const name of LINKS) {
    for (const one of fresh.querySelectorAll(`[${name}]`)) {
      const to = one.getAttribute(name);
      if (!to.startsWith("#")) one.setAttribute(name, new URL(to, here));
    }
  }
}

async function refresh() {
  timer = 0;
  if (isWriting) return;
  const answer = await fetch(main.dataset.page ? here : location.href).catch(() => null);
  if (!answer?.ok || isWriting) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = [...main.querySelectorAll("details[open]")].map((one) => one.id);
  const fresh = page.querySelector("main");
  if (main.dataset.page) lead(fresh);
  const refusal = document.getElementById("refusal");
  main.replaceChildren(...(refusal ? [refusal] : []), ...fresh.childNodes);
  document.title = page.title;
  document.dispatchEvent(new Event("renewed"));
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (main.dataset.every && !page.querySelector("main[data-every]")) clearInterval(polls);
}

// says that the page asks by itself now, and no stream tells it
function poll() {
  polls ||= setInterval(refresh, POLL_MS);
  note.hidden = false;
}

function follow(run) {
  const stream = new EventSource(main.dataset.events);
  stream.addEventListener("message", (event) => {
    if (run === "*" || JSON.parse(event.data).run === run) timer ||= setTimeout(refresh, 300);
  });
  stream.addEventListener("error", poll);
  stream.addEventListener("open", () => {
    // what happened before the stream was there is told by nobody: a run may have ended meanwhile
    const isGoing = run !== "*" || main.querySelector("[data-going]");
    if (isGoing || polls) timer ||= setTimeout(refresh, 300);
    clearInterval(polls);
    polls = 0;
    note.hidden = true;
  });
  setTimeout(() => { if (stream.readyState !== EventSource.OPEN) poll(); }, PATIENCE_MS);
}

if (main) {
  main.addEventListener("input", () => { isWriting = true; });
  if (main.dataset.live) follow(main.dataset.live);
  else polls = setInterval(refresh, 1000 * main.dataset.every);
}
