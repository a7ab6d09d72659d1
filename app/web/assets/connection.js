// While the server cannot be reached, a line of ours says so instead of Streamlit's dialog.
(() => {
  const ATTRIBUTE = "data-test-connection-state", PATIENCE_MS = 1500;
  let waiting = 0;

  function line() {
    const there = document.getElementById("fn-connection");
    if (there) return there;
    const made = document.createElement("div");
    made.id = "fn-connection";
    made.setAttribute("role", "status");
    document.body.append(made);
    return made;
  }

  function look() {
    const app = document.querySelector(".stApp");
    const lost = app && app.getAttribute(ATTRIBUTE) !== "CONNECTED";
    if (!lost) {
      clearTimeout(waiting);
      waiting = 0;
      if (line().textContent) line().textContent = "";
      return;
    }
    document.querySelector('[data-testid="stDialog"] button[aria-label="Close"]')?.click();
    waiting ||= setTimeout(() => { line().textContent = "Footnote cannot be reached just now. It is tried again by itself; what is on this page stays."; }, PATIENCE_MS);
  }

  document.addEventListener("DOMContentLoaded", () =>
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: [ATTRIBUTE] }));
})();
