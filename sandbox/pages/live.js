// Keeps a page right while things happen: fetches it again when the log moves, unless somebody is writing in it.
// Without this script the page is the same, and shows the news when it is opened again.
const main = document.querySelector("main[data-live]");
let isWriting = false;
let timer = 0;

async function refresh() {
  timer = 0;
  if (isWriting) return;
  const answer = await fetch(location.href);
  if (!answer.ok || isWriting) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = [...main.querySelectorAll("details[open]")].map((one) => one.id);
  main.replaceChildren(...page.querySelector("main").childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
}

if (main) {
  const run = main.dataset.live;
  main.addEventListener("input", () => { isWriting = true; });
  new EventSource(main.dataset.events).addEventListener("message", (event) => {
    if (run === "*" || JSON.parse(event.data).run === run) timer ||= setTimeout(refresh, 300);
  });
}
