// Reads the QR code in a picture that somebody chooses or takes, and puts its text into the form.
// The picture goes to this server alone; without this script the text can be pasted.
const choice = document.querySelector("#picture");
const text = document.querySelector("#text");
const told = document.querySelector("#told");

choice?.addEventListener("change", async () => {
  const [file] = choice.files;
  if (!file) return;
  told.textContent = "…";
  const headers = { "Content-Type": "application/octet-stream", "Accept-Language": document.documentElement.lang };
  const answer = await fetch(choice.dataset.place, { method: "POST", headers, body: file });
  const found = await answer.json();
  told.textContent = answer.ok ? "" : `${found.text} ${found.fix}`;
  if (!answer.ok) return;
  text.value = found.text;
  text.form.submit();
});
