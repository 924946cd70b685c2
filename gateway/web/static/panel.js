// The keys of a door's panel type into its field; scanners and keyboards type there by themselves. Whom the
// door refuses is told why, for ten seconds.
"use strict";

const field = document.querySelector("#panel input");
const keypad = document.querySelector(".keypad");

keypad.hidden = false;
keypad.addEventListener("click", (event) => {
  const key = event.target.closest("button[type=button]");
  if (key) {
    field.value = key.value ? field.value + key.value : field.value.slice(0, -1);
    field.focus();
  }
});
document.addEventListener("click", () => field.focus());

const hint = document.getElementById("hint");
const stream = new EventSource(hint.dataset.stream);
let over;

stream.onmessage = (event) => {
  hint.innerHTML = event.data;
  clearTimeout(over);
  over = setTimeout(() => hint.replaceChildren(), 10000);
};

stream.onerror = () => {
  if (stream.readyState === EventSource.CLOSED) {
    setTimeout(() => location.reload(), 30000); // the gateway is starting, or this screen was taken away
  }
};
