// Copying: a button with the text it copies (or the code it stands in), and selections, which take no footnote numbers along and formulas as their source.
(() => {
  const SAID_MS = 2000;
  const menus = () => document.querySelectorAll("details.fn-menu[open]");
  const codeOf = (button) => button.parentElement.querySelector("code").textContent;

  async function write(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea"); // without TLS there is no clipboard, only this old way
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.fn-copy");
    menus().forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open"));
    if (!button) return;
    await write(button.dataset.copy ?? codeOf(button));
    button.closest("details")?.removeAttribute("open");
    said().textContent = "Copied";
    setTimeout(() => { said().textContent = ""; }, SAID_MS);
  });

  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") menus().forEach((menu) => { menu.removeAttribute("open"); menu.querySelector("summary").focus(); });
  });

  function said() { // a line that is read out when it changes
    const there = document.getElementById("fn-said");
    if (there) return there;
    const line = document.createElement("div");
    line.id = "fn-said";
    line.setAttribute("role", "status");
    document.querySelector(".stApp").append(line);
    return line;
  }

  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (!selection.rangeCount || !event.clipboardData || !within(selection)) return;
    const copied = document.createElement("div");
    for (let i = 0; i < selection.rangeCount; i++) copied.append(selection.getRangeAt(i).cloneContents());
    copied.querySelectorAll(".fn-note, button, .fn-unseen").forEach((note) => note.remove());
    copied.querySelectorAll("[data-tex]").forEach((formula) => formula.replaceWith(formula.dataset.tex));
    copied.className = "fn-copied";
    document.body.append(copied); // line breaks are known only of what is on the page
    const text = copied.innerText;
    copied.remove();
    event.clipboardData.setData("text/plain", text);
    event.clipboardData.setData("text/html", copied.innerHTML);
    event.preventDefault();
  });

  const within = ({ anchorNode }) => (anchorNode?.closest ? anchorNode : anchorNode?.parentElement)?.closest(".stHtml");
})();
