// The keys of a door's panel type into its field. Scanners and keyboards type there by themselves.
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
