// Keeps the live page up to date: each event carries its changing part anew, and what differs is put in place.
"use strict";

const page = document.getElementById("live");
const lost = document.getElementById("lost");
const stream = new EventSource(page.dataset.stream);

stream.onopen = () => {
  lost.hidden = true;
};

stream.onmessage = (event) => {
  const fresh = new DOMParser().parseFromString(event.data, "text/html");
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const shown = document.getElementById(part.id);
    if (shown && !shown.isEqualNode(part)) {
      shown.replaceWith(part);
    }
  }
};

stream.onerror = () => {
  lost.hidden = false;
  if (stream.readyState === EventSource.CLOSED) {
    // The server said no: the session has ended, or the gateway is starting. The page itself will tell.
    setTimeout(() => location.reload(), 5000);
  }
};
