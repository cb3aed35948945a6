// Puts a chosen or dropped file into the form.  Without this script a document can be pasted.
const text = document.querySelector("#document");
const choice = document.querySelector("#file");
const told = document.querySelector("#told");

async function read(file) {
  if (!file) return;
  if (file.size > Number(choice.dataset.most)) {
    told.textContent = choice.dataset.tooLarge;
    return;
  }
  text.value = await file.text();
  told.textContent = file.name;
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
