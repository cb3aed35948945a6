// Says the reader's own time when one stands on a moment of the event, where no zone was chosen.
// Without this script it is UTC there, and the page of the time zone shows the reader's beside.
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const said = new Intl.DateTimeFormat(document.documentElement.lang, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
  hourCycle: "h23", timeZoneName: "short",
});
function say() {
  for (const place of document.querySelectorAll("time[data-own]")) {
    place.title = said.format(new Date(place.dateTime));
  }
}
say();
document.addEventListener("renewed", say);

// On the page of the time zone: the browser's own, to be taken with one click.
const offer = document.querySelector("[data-own-zone]");
const zones = offer && offer.form.elements.zone;
if (offer && zones.value !== own) {
  const known = [...zones.options].find((option) => option.value === own);
  const words = known ? known.text : own;
  offer.textContent = offer.dataset.ownZone.replace("{zone}", words);
  offer.hidden = false;
  offer.addEventListener("click", () => {
    if (!known) zones.add(new Option(words, own));
    zones.value = own;
    offer.form.requestSubmit();
  });
}
