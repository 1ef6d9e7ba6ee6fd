// Runs before the first paint: applies the chosen colour mode (light, dark, or the system's) and says that scripts run.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const apply = () => {
    const choice = stored() || "auto";
    root.dataset.bsTheme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
    root.dataset.themeChoice = choice;
  };
  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  window.chooseTheme = (choice) => {
    try { localStorage.setItem("theme", choice); } catch { return; }
    apply();
  };
})();
