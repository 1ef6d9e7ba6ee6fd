// Conflicts by keyboard: j/k or the arrows move, p and f choose a side, Enter applies. The page works without it.
(() => {
  const rows = () => [...document.querySelectorAll("[data-conflict]")];
  const current = () => document.querySelector("[data-conflict].current");

  const go = (row) => {
    if (!row) return;
    current()?.classList.remove("current");
    row.classList.add("current");
    (row.querySelector("input[type=radio]:checked") ?? row.querySelector("input[type=radio]")).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  const move = (step) => {
    const all = rows();
    const at = all.indexOf(current());
    go(all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)]);
  };

  const count = () => {
    const chosen = document.querySelectorAll("[data-conflict] input[type=radio]:checked").length;
    const shown = document.querySelector("[data-chosen]");
    if (shown) shown.textContent = chosen ? ` (${chosen})` : "";
    return chosen;
  };

  const choose = (side) => {
    if (!current()) move(0);
    const radio = current()?.querySelector(`input[type=radio][value="${side}"]`);
    if (!radio) return;
    radio.checked = true;
    count();
    move(1);
  };

  const KEYS = {
    j: () => move(1), ArrowDown: () => move(1),
    k: () => move(-1), ArrowUp: () => move(-1),
    p: () => choose("platform"), f: () => choose("provider"),
    Enter: () => (count() ? document.getElementById("apply-each").click() : null),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !rows().length) return;
    // Typing, and what Enter or the arrows mean on another control, stay what they are.
    const typing = event.target.closest("select, textarea, input:not([type=radio]):not([type=checkbox])");
    const elsewhere = event.key === "Enter" && event.target.closest("a, button, summary");
    const act = KEYS[event.key];
    if (!act || typing || elsewhere || document.querySelector(".modal.show")) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("change", (event) => {
    const row = event.target.closest("[data-conflict]");
    if (!row) return;
    count();
    current()?.classList.remove("current");
    row.classList.add("current");
  });
})();
