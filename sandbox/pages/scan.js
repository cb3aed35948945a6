// Opens the link behind the # of this page's address, and reads a code live by the camera where the
// browser allows it: that needs HTTPS, or this very machine. Pictures go to this server alone.
const text = document.querySelector("#text");
const told = document.querySelector("#told");
const scanner = document.querySelector("#scanner");
const camera = document.querySelector("#camera");
const place = document.querySelector("#picture")?.dataset.place;
const link = decodeURIComponent(location.hash.slice(1));

if (/^(shlink|vhlink|openid-credential-offer|openid4vp):\//.test(link)) {
  text.value = link;
  // whoever goes back comes to an empty form, and no link stays in the history
  history.replaceState(null, "", location.pathname + location.search);
  text.form.submit();
}

if (navigator.mediaDevices?.getUserMedia && window.isSecureContext) scanner.hidden = false;

document.querySelector("#scan")?.addEventListener("click", async () => {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    told.textContent = error.message;
    return;
  }
  camera.srcObject = stream;
  camera.hidden = false;
  await camera.play();
  const found = await read(stream);
  for (const track of stream.getTracks()) track.stop();
  camera.hidden = true;
  if (!found) return;
  text.value = found;
  text.form.submit();
});

// Returns the text of the first code that the camera sees; nothing after a minute without one.
async function read(stream) {
  const detector = "BarcodeDetector" in window ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  const canvas = document.createElement("canvas");
  for (const end = Date.now() + 60000; Date.now() < end && stream.active; ) {
    const codes = detector ? await detector.detect(camera) : [];
    if (codes.length) return codes[0].rawValue;
    if (!detector) {
      canvas.width = camera.videoWidth;
      canvas.height = camera.videoHeight;
      canvas.getContext("2d").drawImage(camera, 0, 0);
      const body = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
      const answer = await fetch(place, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body });
      if (answer.ok) return (await answer.json()).text;
    }
    await new Promise((done) => setTimeout(done, 400));
  }
  return "";
}
