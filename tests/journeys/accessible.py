"""What a machine can see of a page's accessibility (WCAG 2.2 A and AA), asked of a browser: names, labels, headings,
references, tables and contrast.

axe-core looks at more; it is no package of this project's registry of tests, so the rules that pages have broken
before are written down here.
"""

from __future__ import annotations

from typing import Any

LOOK = """
() => {
  const faults = [];
  const told = (rule, element) => faults.push(`${rule}: ${element.outerHTML.slice(0, 120)}`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isShown = (element) => element.checkVisibility({ checkVisibilityCSS: true });
  const byIds = (ids) => ids.split(/\\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  const nameOf = (element) => (
    element.getAttribute("aria-label") || byIds(element.getAttribute("aria-labelledby") ?? "").trim()
    || [...(element.labels ?? [])].map((label) => label.textContent.trim()).join(" ")
    || element.textContent.trim() || element.getAttribute("title") || element.querySelector("title")?.textContent || ""
  ).trim();
  if (!document.documentElement.lang) told("3.1.1 no language", document.documentElement);
  if (!document.title.trim()) told("2.4.2 no title", document.head);
  if (all("main").length !== 1) told("one main", document.body);
  if (all("h1").length !== 1) told("one h1", document.body);
  const seen = new Set();
  for (const element of all("[id]")) {
    if (seen.has(element.id)) told("id twice", element);
    seen.add(element.id);
  }
  for (const attribute of ["aria-labelledby", "aria-describedby", "for", "list"])
    for (const element of all(`[${attribute}]`))
      for (const id of element.getAttribute(attribute).split(/\\s+/))
        if (!document.getElementById(id)) told(`${attribute} leads nowhere`, element);
  for (const element of all("input:not([type=hidden]), select, textarea"))
    if (!(element.labels?.length || element.getAttribute("aria-label") || element.getAttribute("aria-labelledby")))
      told("1.3.1 field without a label", element);
  for (const element of all("a[href], button, summary, [role=img], svg[role=img], [role=region], progress"))
    if (!nameOf(element)) told("4.1.2 nothing to call it by", element);
  for (const element of all("img:not([alt])")) told("1.1.1 picture without words", element);
  for (const element of all("th:not([scope])")) told("1.3.1 heading of what", element);
  for (const list of all("ul, ol"))
    for (const child of list.children) if (!["LI", "SCRIPT", "TEMPLATE"].includes(child.tagName)) told("list of what", child);
  let level = 0;
  for (const heading of all("main :is(h1, h2, h3, h4)").filter(isShown)) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) told("heading skips a level", heading);
    level = next;
  }
  if (all("nav [aria-current=page]").length > 1) told("in two places at once", document.body);
  for (const element of all("main *").filter((one) => getComputedStyle(one).overflowX === "auto" && one.scrollWidth > one.clientWidth + 1))
    if (element.tabIndex < 0 && !element.querySelector("a, button, input")) told("2.1.1 scrolls by mouse alone", element);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const groundOf = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const ground = rgba(getComputedStyle(one).backgroundColor);
      if (ground[3] === 255) return ground;
    }
    return rgba("Canvas");
  };
  const checked = new Set();
  for (const element of all("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!hasText || element.closest("svg") || !isShown(element) || element.matches("option, .skip")) continue;
    const style = getComputedStyle(element);
    const colours = [light(rgba(style.color)), light(groundOf(element))].sort((a, b) => b - a);
    const ratio = (colours[0] + 0.05) / (colours[1] + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const key = `${style.color} ${ratio.toFixed(2)}`;
    if (ratio < needed && !checked.has(key)) { checked.add(key); told(`1.4.3 contrast ${ratio.toFixed(2)}`, element); }
  }
  return faults;
}
"""


def faults_of(page: Any) -> list[str]:
    """Returns what is wrong with a page that a browser shows, a line each."""
    found: list[str] = page.evaluate(LOOK)
    return found
