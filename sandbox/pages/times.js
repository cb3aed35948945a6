// Writes the reader's own time beside that of the event, where the two differ and the page has not done it already.
// Without this script the page takes a time zone in its form.
const sentence = document.querySelector("[data-yours]")?.dataset.yours;
for (const place of document.querySelectorAll("[data-start]")) {
  const moment = new Date(place.dataset.start);
  const [day, hour] = [moment.toLocaleDateString("sv"), moment.toTimeString().slice(0, 5)];
  const here = place.dataset.start.slice(0, 16);
  if (!place.textContent.trim() && `${day}T${hour}` !== here) {
    const when = here.startsWith(day) ? hour : `${hour} (${day.slice(8)}-${day.slice(5, 7)})`;
    place.textContent = sentence.replace("…", when);
  }
}
