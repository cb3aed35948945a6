// Says the reader's own time when one stands on a moment of the event, where no zone was chosen.
// Without this script it is UTC there, and the page of the time zone shows the reader's beside.
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
function say() {
  for (const place of document.querySelectorAll("time[data-own]")) {
    const moment = new Date(place.dateTime);
    place.title = `${moment.toLocaleDateString("sv")} ${moment.toTimeString().slice(0, 5)} ${own}`;
  }
}
say();
document.addEventListener("renewed", say);
