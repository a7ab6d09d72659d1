// Esc closes a footnote's card, however it was opened; whoever leaves the footnote and comes back sees it again.
// An answer that grows is drawn again and again, so what is pointed at is remembered by the card's id, not as an element.
(() => {
  const page = document.documentElement;
  if ("fnCards" in page.dataset) return;
  page.dataset.fnCards = "";
  const cardAt = (element) => element?.closest?.(".fn-note")?.querySelector(".fn-card")?.id ?? "";
  let pointed = "";
  const reopen = () => delete page.dataset.fnShut;
  const point = ({ target, pointerType }) => {
    const card = pointerType === "mouse" ? cardAt(target) : "";
    if (card !== pointed) reopen();
    pointed = card;
  };
  const close = (event) => {
    const focused = document.querySelector(".fn-note :focus-visible");
    if (event.key !== "Escape" || "fnShut" in page.dataset || !(pointed || focused)) return;
    page.dataset.fnShut = "";
    event.stopImmediatePropagation(); // this Esc is not the one that stops an answer
  };
  document.addEventListener("pointerover", point);
  document.addEventListener("focusin", reopen);
  window.addEventListener("keydown", close, true);
})();
