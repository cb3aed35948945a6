// Puts a chosen or dropped file into the form, of a picture the text of its QR code, which this
// server alone reads.  Without this script a document can be pasted.
const text = document.querySelector("#document");
const choice = document.querySelector("#file");
const told = document.querySelector("#told");

async function read(file) {
  if (!file) return;
  if (file.size > Number(choice.dataset.most)) {
    told.textContent = choice.dataset.tooLarge;
    return;
  }
  if (file.type.startsWith("image/")) {
    await readCode(file);
    return;
  }
  text.value = await file.text();
  told.textContent = file.name;
}

async function readCode(file) {
  told.textContent = "…";
  const headers = { "Content-Type": "application/octet-stream", "Accept-Language": document.documentElement.lang };
  const answer = await fetch(choice.dataset.place, { method: "POST", headers, body: file });
  const found = await answer.json();
  told.textContent = answer.ok ? file.name : `${found.text} ${found.fix}`;
  if (answer.ok) text.value = found.text;
}

if (text && choice) {
  choice.addEventListener("change", () => read(choice.files[0]));
  text.addEventListener("dragover", (event) => {
    event.preventDefault();
    text.classList.add("over");
  });
  text.addEventListener("dragleave", () => text.classList.remove("over"));
  text.addEventListener("drop", (event) => {
    event.preventDefault();
    text.classList.remove("over");
    read(event.dataTransfer.files[0]);
  });
}
