// Brings the cited passage into view, again when fonts and late parts of the page have moved it.
(() => {
  const show = () => document.getElementById("cited")?.scrollIntoView({ block: "center" });
  show();
  document.fonts.ready.then(show);
  setTimeout(show, 250);
  setTimeout(show, 800);
})();
